package io.replicator.app.demo;

import io.replicator.app.process.FailureException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An application at work on the source, on a thread of its own, and a probe that measures the lag
 * on another. Started and stopped by one thread.
 */
final class Traffic {
  private static final long SEED = 7;
  private static final int STEP_COMMANDS = 100;
  private static final long STEP_MS = 50;
  private static final long PROBE_MS = 50;

  /**
   * What happened until it was stopped; lags are from the source to the copy, seen from outside.
   */
  record Result(long commands, double seconds, int probes, double lagP50Ms, double lagP99Ms) {}

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CompletableFuture<Void> writing;
  private final CompletableFuture<Void> probing;
  private final Updates updates;
  private final LagProbe probe;
  private final long startNs = System.nanoTime();

  private Traffic(Updates updates, LagProbe probe) {
    this.updates = updates;
    this.probe = probe;
    this.writing = runOn("demo-writer", STEP_MS, () -> updates.step(STEP_COMMANDS));
    this.probing = runOn("demo-probe", PROBE_MS, probe::measure);
  }

  static Traffic start(DemoSites sites, List<City> cities) {
    try {
      int source = sites.source().port();
      return new Traffic(
          new Updates(source, cities, SEED),
          new LagProbe(source, sites.copy().port(), DemoDatabases.LIVE));
    } catch (IOException e) {
      throw new FailureException("the source cannot be written to: " + e.getMessage(), e);
    }
  }

  /** Completes, exceptionally, when writing or probing broke. */
  CompletableFuture<Object> broken() {
    return CompletableFuture.anyOf(writing, probing);
  }

  /** Stops both and waits until every command is answered. */
  Result stop() {
    stopped.countDown();
    try (updates;
        probe) {
      CompletableFuture.allOf(writing, probing).join();
      double seconds = (System.nanoTime() - startNs) / 1e9;
      return new Result(
          updates.commands(),
          seconds,
          probe.count(),
          probe.percentileMs(0.5),
          probe.percentileMs(0.99));
    } catch (IOException e) {
      throw new FailureException("a connection of the demonstration broke: " + e.getMessage(), e);
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  private CompletableFuture<Void> runOn(String name, long intervalMs, Step step) {
    var end = new CompletableFuture<Void>();
    var thread =
        new Thread(
            () -> {
              try {
                do {
                  step.run();
                } while (!stopped.await(intervalMs, TimeUnit.MILLISECONDS));
                end.complete(null);
              } catch (IOException | InterruptedException | RuntimeException e) {
                end.completeExceptionally(
                    new FailureException("the demonstration broke off: " + e.getMessage(), e));
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return end;
  }
}
