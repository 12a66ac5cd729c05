package io.replicator.cassandra.connection;

import io.replicator.cassandra.settings.CassandraTarget.Tls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Trust and identity from PEM files. */
final class TlsContext {
  private static final Pattern KEY = block("PRIVATE KEY");
  private static final Pattern CERTIFICATE = block("CERTIFICATE");

  private TlsContext() {}

  private static Pattern block(String kind) {
    return Pattern.compile(
        "-----BEGIN " + kind + "-----(.*?)-----END " + kind + "-----", Pattern.DOTALL);
  }

  /**
   * @throws CassandraFailedException that names the file which cannot be used
   */
  static SSLContext of(Tls tls) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(identity(tls.certificate()), trust(tls.authorities()), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new CassandraFailedException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trust(String file) throws GeneralSecurityException {
    if (file.isEmpty()) {
      return null;
    }
    KeyStore store = empty();
    int count = 0;
    for (Certificate certificate : certificates(file)) {
      store.setCertificateEntry("ca-" + count++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] identity(String file) throws GeneralSecurityException {
    if (file.isEmpty()) {
      return null;
    }
    char[] password = new char[0];
    KeyStore store = empty();
    store.setKeyEntry(
        "client", privateKey(file), password, certificates(file).toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, password);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
    return store;
  }

  /** Whatever else is in the file: keys are in the same, as are texts for people. */
  private static List<Certificate> certificates(String file) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      List<Certificate> found = new ArrayList<>();
      for (Matcher one = CERTIFICATE.matcher(read(file)); one.find(); ) {
        found.add(factory.generateCertificate(new ByteArrayInputStream(content(one))));
      }
      if (found.isEmpty()) {
        throw new CassandraFailedException(file + " holds no CERTIFICATE in PEM");
      }
      return found;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new CassandraFailedException(file + " cannot be read as certificates: " + e, e);
    }
  }

  private static String read(String file) throws IOException {
    return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
  }

  private static byte[] content(Matcher block) {
    return Base64.getMimeDecoder().decode(block.group(1));
  }

  private static PrivateKey privateKey(String file) {
    try {
      Matcher key = KEY.matcher(read(file));
      if (!key.find()) {
        throw new CassandraFailedException(file + " holds no PRIVATE KEY in PKCS#8");
      }
      var spec = new PKCS8EncodedKeySpec(content(key));
      for (String algorithm : List.of("RSA", "EC")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(spec);
        } catch (InvalidKeySpecException e) {
          // Not of this kind: the next.
        }
      }
      throw new CassandraFailedException(file + " holds neither an RSA nor an EC key");
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw new CassandraFailedException(file + " cannot be read as a key: " + e, e);
    }
  }
}
