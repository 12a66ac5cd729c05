package io.replicator.store;

/**
 * Versions that a store may have given out before the machine went down and has lost since, both
 * ends excluded. A cursor between them may know changes that the store does not, so nothing can be
 * built on it.
 *
 * @param after the newest version that survived
 * @param before where versions went on
 */
record LostRange(long after, long before) {
  /** Far more changes than can be in flight to a disk. */
  static final long LENGTH = 1L << 32;

  boolean contains(long version) {
    return after < version && version < before;
  }

  /** How many versions in (from, to] were given to no change that is kept. */
  long overlap(long from, long to) {
    return Math.max(0, Math.min(to, before - 1) - Math.max(from, after));
  }
}
