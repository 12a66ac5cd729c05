package io.replicator.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Looks every millisecond: what is measured is seen from outside, where nothing tells of it. */
final class Waiting {
  private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(8);
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(1);

  /** What is waited for. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }

  private Waiting() {}

  static void until(String what, Condition condition) throws IOException {
    long startNs = System.nanoTime();
    while (!condition.holds()) {
      if (System.nanoTime() - startNs > PATIENCE_NS) {
        throw new IOException("waited 8 minutes in vain for " + what);
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  static double secondsSince(long startNs) {
    return (System.nanoTime() - startNs) / 1e9;
  }
}
