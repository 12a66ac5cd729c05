package io.replicator.replication;

import java.util.ArrayDeque;
import java.util.Random;

/**
 * A sender with an {@link InFlightWindow}, a link with a rate, a delay and a queue, and a receiver
 * that acknowledges, on virtual time. Everything is decided by the parameters and the seed.
 */
final class SimulatedLink {
  static final long MS = 1_000_000;
  static final int CHUNK = 1024;

  final InFlightWindow window;
  double bytesPerSecond;
  long oneWayDelayNs;
  // The receiver reads and acknowledges at multiples of this; 0 for at once.
  long ackEveryNs;
  long ackJitterNs;
  int chunkBytes = CHUNK;

  // What one wake of the sender may send without the clock moving on, as on a fast CPU.
  long nowNs = 1_000 * MS;
  long delivered;
  long backlog;
  long queueDelayMaxNs;
  long windowMin = Long.MAX_VALUE;
  long idleWithWorkNs;

  private final Random random;
  private final ArrayDeque<long[]> arrivals = new ArrayDeque<>(); // time, total
  private final ArrayDeque<long[]> acks = new ArrayDeque<>(); // time, total
  private long linkFreeNs;
  private long sent;
  private long acked;

  SimulatedLink(InFlightWindow window, double bytesPerSecond, long rttMs, long seed) {
    this.window = window;
    this.bytesPerSecond = bytesPerSecond;
    this.oneWayDelayNs = rttMs * MS / 2;
    this.random = new Random(seed);
  }

  /** Runs for {@code durationMs} with as much to send as the window allows. */
  void saturate(long durationMs) {
    backlog = Long.MAX_VALUE / 2;
    run(durationMs);
    backlog = 0;
  }

  /** Offers {@code bytes} each {@code everyMs} for {@code durationMs}. */
  void trickle(long durationMs, long bytes, long everyMs) {
    for (long t = 0; t < durationMs; t += everyMs) {
      backlog += bytes;
      run(everyMs);
    }
  }

  void idle(long durationMs) {
    run(durationMs);
  }

  void run(long durationMs) {
    long endNs = nowNs + durationMs * MS;
    queueDelayMaxNs = 0;
    windowMin = Long.MAX_VALUE;
    delivered = 0;
    while (true) {
      send();
      long next = nextEventNs();
      if (next > endNs) {
        nowNs = endNs;
        return;
      }
      nowNs = Math.max(nowNs, next);
      receive();
      acknowledge();
      windowMin = Math.min(windowMin, window.windowBytes());
    }
  }

  double deliveredBytesPerSecond(long durationMs) {
    return delivered * 1000.0 / durationMs;
  }

  boolean isQuiet() {
    return acked == sent;
  }

  private void send() {
    while (backlog > 0 && window.available() > 0) {
      long bytes = Math.min(chunkBytes, backlog);
      backlog -= bytes;
      sent += bytes;
      long startNs = Math.max(nowNs, linkFreeNs);
      queueDelayMaxNs = Math.max(queueDelayMaxNs, startNs - nowNs);
      linkFreeNs = startNs + (long) (bytes * 1e9 / bytesPerSecond);
      long arrivesNs = linkFreeNs + oneWayDelayNs;
      if (!arrivals.isEmpty()) {
        arrivesNs = Math.max(arrivesNs, arrivals.peekLast()[0]);
      }
      arrivals.add(new long[] {arrivesNs, sent});
      window.sent(sent, nowNs, backlog == 0);
    }
    if (backlog > 0 && window.inFlightBytes() == 0) {
      throw new AssertionError("deadlock: nothing in flight and nothing available");
    }
  }

  private long nextEventNs() {
    long next = Long.MAX_VALUE;
    if (!arrivals.isEmpty()) {
      next = readAtNs(arrivals.peekFirst()[0]);
    }
    if (!acks.isEmpty()) {
      next = Math.min(next, acks.peekFirst()[0]);
    }
    return next;
  }

  private long readAtNs(long arrivedNs) {
    return ackEveryNs == 0 ? arrivedNs : (arrivedNs + ackEveryNs - 1) / ackEveryNs * ackEveryNs;
  }

  private void receive() {
    long received = 0;
    while (!arrivals.isEmpty() && readAtNs(arrivals.peekFirst()[0]) <= nowNs) {
      received = arrivals.pollFirst()[1];
    }
    if (received > 0) {
      long jitterNs = ackJitterNs == 0 ? 0 : random.nextLong(ackJitterNs);
      long atNs = nowNs + oneWayDelayNs + jitterNs;
      if (!acks.isEmpty()) {
        atNs = Math.max(atNs, acks.peekLast()[0]);
      }
      acks.add(new long[] {atNs, received});
    }
  }

  private void acknowledge() {
    long total = 0;
    while (!acks.isEmpty() && acks.peekFirst()[0] <= nowNs) {
      total = acks.pollFirst()[1];
    }
    if (total > 0) {
      delivered += total - acked;
      acked = total;
      window.acked(total, nowNs);
    }
  }
}
