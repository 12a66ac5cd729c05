package io.replicator.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * An authority that issues certificates, made by the JDK's {@code keytool}. All files are in one
 * directory, which belongs to the caller.
 */
public final class TestAuthority {
  /** Of every key store. */
  public static final String PASSWORD = "secret";

  private static final String OWN = "authority";

  private final Path directory;
  private final String name;
  private final Path everything;

  private TestAuthority(Path directory, String name) {
    this.directory = directory;
    this.name = name;
    this.everything = directory.resolve(name + ".p12");
  }

  /**
   * @param name of the authority and of its files
   */
  public static TestAuthority create(Path directory, String name) {
    var authority = new TestAuthority(directory, name);
    authority.generate(OWN, "-ext", "bc:c");
    return authority;
  }

  /** PEM file with the authority's certificate. */
  public Path certificate() {
    return write(name + ".crt", pem("CERTIFICATE", encoded(chain(OWN)[0])));
  }

  /** PKCS#12 key store in which only the authority is trusted. */
  public Path trustStore() {
    try {
      KeyStore store = empty();
      store.setCertificateEntry(OWN, chain(OWN)[0]);
      return store(name + "-trust.p12", store);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A key and a certificate for somebody.
   *
   * @param names as {@code keytool} takes them: {@code ip:127.0.0.1}, {@code dns:localhost}
   */
  public TestAuthority issue(String somebody, String... names) {
    List<String> options = new ArrayList<>(List.of("-signer", OWN));
    if (names.length > 0) {
      options.addAll(List.of("-ext", "san=" + String.join(",", names)));
    }
    generate(somebody, options.toArray(String[]::new));
    return this;
  }

  /** PKCS#12 key store with what was issued to somebody. */
  public Path keyStore(String somebody) {
    try {
      KeyStore store = empty();
      store.setKeyEntry(somebody, key(somebody), PASSWORD.toCharArray(), chain(somebody));
      return store(somebody + ".p12", store);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** PEM file with what was issued to somebody: certificates, then the PKCS#8 key. */
  public Path pem(String somebody) {
    StringBuilder text = new StringBuilder();
    Arrays.stream(chain(somebody))
        .forEach(certificate -> text.append(pem("CERTIFICATE", encoded(certificate))));
    text.append(pem("PRIVATE KEY", key(somebody).getEncoded()));
    return write(somebody + ".pem", text.toString());
  }

  private void generate(String alias, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(
        List.of(
            "-genkeypair", "-alias", alias, "-dname", "CN=" + (alias.equals(OWN) ? name : alias)));
    command.addAll(List.of("-keyalg", "EC", "-validity", "7", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", everything.toString(), "-storepass", PASSWORD));
    command.addAll(List.of(options));
    try {
      Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (keytool.waitFor() != 0) {
        throw new IllegalStateException("keytool: " + said);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private KeyStore issued() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(everything)) {
      store.load(in, PASSWORD.toCharArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return store;
  }

  private Certificate[] chain(String alias) {
    try {
      return issued().getCertificateChain(alias);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Key key(String alias) {
    try {
      return issued().getKey(alias, PASSWORD.toCharArray());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] encoded(Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore empty() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return store;
  }

  private Path store(String file, KeyStore store) throws GeneralSecurityException {
    Path path = directory.resolve(file);
    try (OutputStream out = Files.newOutputStream(path)) {
      store.store(out, PASSWORD.toCharArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return path;
  }

  private static String pem(String kind, byte[] content) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  private Path write(String file, String text) {
    try {
      return Files.writeString(directory.resolve(file), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
