package io.replicator.http.pages;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.util.ByteString;

/**
 * A file that is served as it is, read once and compressed once.
 *
 * @param tag changes with the content
 */
record Asset(ContentType type, ByteString plain, ByteString gzip, String tag) {
  private static final int TAG_BYTES = 12;

  /** The file of the class path, null where there is none. */
  static Asset read(String resource, ContentType type) {
    try (InputStream in = Asset.class.getResourceAsStream(resource)) {
      if (in == null) {
        return null;
      }
      byte[] plain = in.readAllBytes();
      return new Asset(
          type,
          ByteString.fromArrayUnsafe(plain),
          ByteString.fromArrayUnsafe(gzip(plain)),
          tag(plain));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  private static String tag(byte[] plain) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(plain);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Arrays.copyOf(digest, TAG_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
