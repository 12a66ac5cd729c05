package io.replicator.cassandra.apply;

import io.replicator.replication.Epoch;

/**
 * The timestamps of one epoch's versions in one target database: {@code base + version}.
 *
 * <p>Invariants: within an epoch, a newer version has a larger timestamp. Whatever is written in an
 * epoch has a timestamp of at most {@code reserved}, which is stored in the target before it is
 * used; an epoch that is claimed later begins above it. So nothing of an older epoch, however late
 * it arrives, can win against anything of a newer one.
 *
 * @param base so that the version at which the epoch was claimed fell on the present, in
 *     microseconds since 1970, or just above what was reserved before it
 * @param reserved the largest timestamp that may be used
 */
record Timeline(Epoch epoch, long base, long reserved) {
  /**
   * Timestamps reserved beyond the one that is needed: versions that may be used before the next
   * reservation, and how far one epoch pushes the next one into the future, some 70 minutes. As
   * many as versions jump after an unclean end of a hub.
   */
  static final long SPAN = 1L << 32;

  /**
   * The timeline of an epoch that is claimed now.
   *
   * @param version at which it begins to be used
   * @param nowUs microseconds since 1970
   * @param reservedBefore by the epoch before, 0 for none
   */
  static Timeline claimed(Epoch epoch, long version, long nowUs, long reservedBefore) {
    long first = Math.max(nowUs, reservedBefore + 1);
    return new Timeline(epoch, first - version, first + SPAN);
  }

  /** Whether timestamps up to that of {@code version} are reserved. */
  boolean covers(long version) {
    return base + version <= reserved;
  }

  /** The same timeline, reserved so that it covers {@code version}. */
  Timeline extendedTo(long version) {
    return new Timeline(epoch, base, base + version + SPAN);
  }

  long timestamp(long version) {
    long timestamp = base + version;
    if (timestamp > reserved) {
      throw new IllegalStateException(
          "timestamp " + timestamp + " of version " + version + " is beyond " + reserved);
    }
    return timestamp;
  }
}
