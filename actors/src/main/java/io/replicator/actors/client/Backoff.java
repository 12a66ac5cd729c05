package io.replicator.actors.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to pause after a failure: doubles with each, from a minimum to a maximum, of which the
 * upper half is random, so that clients that lost their hub together do not come back together.
 */
final class Backoff {
  private final long minNs;
  private final long maxNs;
  private final RandomGenerator random;
  private int failures;

  Backoff(Duration min, Duration max, RandomGenerator random) {
    if (min.isNegative() || min.isZero() || max.compareTo(min) < 0) {
      throw new IllegalArgumentException("backoff from " + min + " to " + max);
    }
    this.minNs = min.toNanos();
    this.maxNs = max.toNanos();
    this.random = random;
  }

  /** The pause after one more failure: never below the minimum, never above the maximum. */
  Duration next() {
    int doublings = Math.min(failures++, Long.numberOfLeadingZeros(minNs) - 1);
    long ceiling = Math.min(maxNs, minNs << doublings);
    long floor = Math.max(minNs, ceiling / 2);
    return Duration.ofNanos(floor == ceiling ? floor : random.nextLong(floor, ceiling + 1));
  }

  void reset() {
    failures = 0;
  }
}
