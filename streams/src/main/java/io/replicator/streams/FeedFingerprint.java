package io.replicator.streams;

import io.replicator.replication.Bytes;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What tells apart the feeds of one database: a stored cursor is worth something only for the keys
 * that it was reached with.
 *
 * <p>The first 16 hex digits of the SHA-256 of, each as a length of 4 bytes, big-endian, and its
 * bytes: the name of the database in UTF-8; then the number of included globs (4 bytes) and those,
 * and the same of the excluded ones, in the order of the filter.
 */
final class FeedFingerprint {
  private static final int BYTES = 8;

  private FeedFingerprint() {}

  static String of(String database, KeyFilter filter) {
    MessageDigest digest = sha256();
    update(digest, Bytes.wrap(database.getBytes(StandardCharsets.UTF_8)));
    update(digest, filter.include());
    update(digest, filter.exclude());
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  private static void update(MessageDigest digest, List<KeyGlob> globs) {
    updateLength(digest, globs.size());
    for (KeyGlob glob : globs) {
      update(digest, glob.pattern());
    }
  }

  private static void update(MessageDigest digest, Bytes bytes) {
    updateLength(digest, bytes.length());
    digest.update(bytes.array(), bytes.offset(), bytes.length());
  }

  private static void updateLength(MessageDigest digest, int length) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.update((byte) (length >>> shift));
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
