package io.replicator.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees from outside when steps of a {@link PacedWriter} show in a copy: reads the marker key every
 * quarter of a millisecond, on a thread of its own. A step that was merged into a later one shows
 * with that.
 */
final class MarkerReader implements AutoCloseable {
  private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(250);

  private final RedisConnection copy;
  private final AtomicLongArray seenNs;
  private final Thread thread = new Thread(this::read, "marker-reader");
  private volatile int seen;
  private volatile boolean closed;
  private volatile IOException failure;

  MarkerReader(int port, int steps) throws IOException {
    copy = new RedisConnection(port);
    seenNs = new AtomicLongArray(steps);
    thread.start();
  }

  /** Whether no step shows, but that there will be some. */
  static boolean isReset(int port) throws IOException {
    try (var connection = new RedisConnection(port)) {
      return PacedWriter.NONE.equals(connection.call("GET", PacedWriter.MARKER));
    } catch (RedisConnection.RedisErrorException e) {
      return false; // a replica that loads
    }
  }

  /** Steps that show. */
  int seen() throws IOException {
    if (failure != null) {
      throw failure;
    }
    return seen;
  }

  /** When a step that shows was first seen. */
  long seenNs(int step) {
    return seenNs.get(step);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    copy.close();
  }

  private void read() {
    try {
      while (!closed) {
        String marker = (String) copy.call("GET", PacedWriter.MARKER);
        long nowNs = System.nanoTime();
        int newest = Integer.parseInt(marker);
        int before = seen;
        for (int step = before; step <= newest; step++) {
          seenNs.set(step, nowNs);
        }
        seen = Math.max(before, newest + 1);
        LockSupport.parkNanos(LOOK_NS);
      }
    } catch (IOException e) {
      failure = e;
    }
  }
}
