package io.replicator.benchmarks.crowd;

import io.replicator.replication.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** What is written and read: small JSON objects that tell when they were written. */
public final class Quotes {
  /** Keys that match it are quotes. */
  public static final String PATTERN = "quote:*";

  private static final String AT = "{\"at\":";
  private static final int AT_DIGITS = 16;

  private Quotes() {}

  public static String key(int number) {
    return String.format(Locale.ROOT, "quote:%05d", number);
  }

  public static String value(long writtenAtUs, Random random) {
    int bid = 10_000 + random.nextInt(990_000);
    return String.format(
        Locale.ROOT,
        "%s%d,\"bid\":%d.%02d,\"ask\":%d.%02d,\"size\":%d,\"seq\":%d}",
        AT,
        writtenAtUs,
        bid / 100,
        bid % 100,
        (bid + 3) / 100,
        (bid + 3) % 100,
        100 * (1 + random.nextInt(500)),
        random.nextInt(Integer.MAX_VALUE));
  }

  static long writtenAtUs(String value) {
    return Long.parseLong(value, AT.length(), AT.length() + AT_DIGITS, 10);
  }

  /** Two copies with the same digest are equal; {@code quotes} in the order of their keys. */
  public static String digest(Map<Bytes, Bytes> quotes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      quotes.forEach(
          (key, value) -> {
            digest.update(key.asByteBuffer());
            digest.update((byte) '\t');
            digest.update(value.asByteBuffer());
            digest.update((byte) '\n');
          });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
