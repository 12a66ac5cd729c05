package io.replicator.benchmarks;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Looks every 100 ms how much a way has read from its source and not yet stored. */
final class WaitingBytes implements AutoCloseable {
  private static final long LOOK_MS = 100;

  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLong largest = new AtomicLong();

  WaitingBytes(Copy.Way way) {
    clock.scheduleWithFixedDelay(
        () -> largest.accumulateAndGet(way.waitingBytes(), Math::max),
        LOOK_MS,
        LOOK_MS,
        TimeUnit.MILLISECONDS);
  }

  long largest() {
    return largest.get();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
