package io.replicator.testkit;

import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One direction of an emulated link: gives every segment the time at which its last byte arrives.
 *
 * <p>The link is one point in time, {@code freeAtNs}, at which its last accepted byte will have
 * left. A segment leaves behind it; the queue is what that point is ahead of now. So rates are
 * exact however late a thread wakes. Any thread; connections take turns segment by segment.
 */
final class Wire {
  /** What goes in one piece, so that connections share the link evenly: an Ethernet TCP payload. */
  static final int SEGMENT_BYTES = 1448;

  private static final long SLICE_NS = 10_000_000;

  private final ReentrantLock turn = new ReentrantLock(true);
  private final LongAdder delivered = new LongAdder();
  private volatile LinkConditions conditions;
  // Guarded by turn.
  private long freeAtNs = System.nanoTime();

  Wire(LinkConditions conditions) {
    this.conditions = conditions;
  }

  /** What is in the queue still leaves at the rate at which it entered. */
  void change(LinkConditions conditions) {
    this.conditions = conditions;
  }

  LinkConditions conditions() {
    return conditions;
  }

  /**
   * Waits for room in the queue, then sends.
   *
   * @return when the segment arrives, by {@link System#nanoTime}
   */
  long send(int bytes) throws InterruptedException {
    turn.lockInterruptibly();
    try {
      while (true) {
        LinkConditions now = conditions;
        long nowNs = System.nanoTime();
        long delayNs = now.oneWayDelay().toNanos();
        if (now.bytesPerSecond() == 0) {
          return nowNs + delayNs;
        }
        double nsPerByte = 1e9 / now.bytesPerSecond();
        long waitNs = freeAtNs - nowNs - (long) ((now.queueBytes() - bytes) * nsPerByte);
        if (waitNs <= 0) {
          freeAtNs = Math.max(freeAtNs, nowNs) + (long) (bytes * nsPerByte);
          return freeAtNs + delayNs;
        }
        // In slices, so that a change of the conditions is noticed.
        sleepUntil(nowNs + Math.min(waitNs, SLICE_NS));
      }
    } finally {
      turn.unlock();
    }
  }

  void countDelivered(int bytes) {
    delivered.add(bytes);
  }

  long deliveredBytes() {
    return delivered.sum();
  }

  static void sleepUntil(long atNs) throws InterruptedException {
    for (long left; (left = atNs - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }
}
