package io.replicator.cassandra.schema;

/**
 * Expiries as Cassandra has them: seconds to live, counted from when the server writes a row.
 *
 * <p>Rows of a collection live a minute longer than the collection, and its entry in the directory
 * somewhat longer than they: so an expiry that is put off at the last moment still finds them. The
 * hub deletes what has expired anyway; the minute counts only while it is away.
 */
public final class Lifetime {
  /** No expiry. */
  public static final int FOREVER = 0;

  /** What has passed already. */
  public static final int OVER = -1;

  public static final long COLLECTION_GRACE_MS = 60_000;
  public static final long DIRECTORY_GRACE_MS = COLLECTION_GRACE_MS + 10_000;

  /** By which clocks may differ and requests may be under way. */
  public static final long SAFETY_MS = 10_000;

  /** Cassandra takes 20 years at most. */
  private static final long TTL_SECONDS_MAX = 630_720_000;

  /** Cassandra 4, and 5 while it is compatible with it, end here: 2038-01-19. */
  private static final long EXPIRES_AT_MS_MAX = (Integer.MAX_VALUE - 2L) * 1_000;

  private Lifetime() {}

  /**
   * Seconds to live, {@link #FOREVER} or {@link #OVER}. What is too far away for a server counts as
   * for ever: the hub deletes it.
   *
   * @param expiresAtMs 0 for never
   */
  public static int ttlSeconds(long expiresAtMs, long graceMs, long nowMs) {
    if (expiresAtMs == 0) {
      return FOREVER;
    }
    long leftMs = expiresAtMs + graceMs - nowMs;
    if (leftMs <= 0) {
      return OVER;
    }
    long seconds = (leftMs + 999) / 1_000;
    return seconds > TTL_SECONDS_MAX || expiresAtMs + graceMs + 1_000 > EXPIRES_AT_MS_MAX
        ? FOREVER
        : (int) seconds;
  }

  /** The earlier of two expiries. */
  public static long earlier(long expiresAtMs, long otherMs) {
    return expiresAtMs == 0 || (otherMs != 0 && otherMs < expiresAtMs) ? otherMs : expiresAtMs;
  }

  /** The later of two expiries. */
  public static long later(long expiresAtMs, long otherMs) {
    return expiresAtMs == 0 || otherMs == 0 ? 0 : Math.max(expiresAtMs, otherMs);
  }

  /** Whether the rows of a collection of this expiry may be gone by the time that one looks. */
  public static boolean mayBeGone(long expiresAtMs, long nowMs) {
    return expiresAtMs != 0 && expiresAtMs + COLLECTION_GRACE_MS - SAFETY_MS <= nowMs;
  }
}
