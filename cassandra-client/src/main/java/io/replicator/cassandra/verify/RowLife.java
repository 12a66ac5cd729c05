package io.replicator.cassandra.verify;

import io.replicator.cassandra.schema.Lifetime;
import java.time.Instant;

/**
 * When rows of one key end, as Cassandra tells it: seconds to live, when they were read. Says
 * whether that fits the key's expiry. Mutable.
 */
final class RowLife {
  /** Of the one that is said to end late: it may have been on its way for so long. */
  private static final long LATE_MS = 600_000;

  private long firstEndMs = Long.MAX_VALUE;
  private long lastEndMs = Long.MIN_VALUE;
  private boolean endless;

  /** A row that never ends. */
  void addEndless() {
    endless = true;
  }

  void add(int ttlSeconds, long readAtMs) {
    long endMs = readAtMs + ttlSeconds * 1_000L;
    firstEndMs = Math.min(firstEndMs, endMs);
    lastEndMs = Math.max(lastEndMs, endMs);
  }

  /**
   * What is wrong, in words; null for nothing. A row of a key that expires may end a little too
   * early, as clocks differ, and must end: unless that is too far away for a server to count.
   *
   * @param what ends
   * @param expiresAtMs of the key, 0 for never
   * @param graceMs by which rows outlive it
   */
  String flaw(String what, long expiresAtMs, long graceMs, long nowMs) {
    if (expiresAtMs == 0) {
      return firstEndMs == Long.MAX_VALUE
          ? null
          : what + " vanishes at " + at(firstEndMs) + " although the key never expires";
    }
    if (firstEndMs < expiresAtMs - Lifetime.SAFETY_MS) {
      return what + " vanishes at " + at(firstEndMs) + ", its key expires at " + at(expiresAtMs);
    }
    boolean countable = Lifetime.ttlSeconds(expiresAtMs, graceMs, nowMs) != Lifetime.FOREVER;
    if (endless && countable) {
      return what + " lives for ever although the key expires at " + at(expiresAtMs);
    }
    return lastEndMs > expiresAtMs + graceMs + LATE_MS
        ? what + " lives until " + at(lastEndMs) + ", its key expires at " + at(expiresAtMs)
        : null;
  }

  private static Instant at(long ms) {
    return Instant.ofEpochMilli(ms);
  }
}
