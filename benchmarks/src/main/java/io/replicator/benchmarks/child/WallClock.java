package io.replicator.benchmarks.child;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The time that all processes of a machine agree on. */
public final class WallClock {
  private WallClock() {}

  /** Microseconds since 1970. */
  public static long nowUs() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1000;
  }
}
