package io.replicator.testkit;

import java.time.Duration;

/**
 * What a {@link LinkEmulator} makes of the bytes, the same in both directions.
 *
 * @param oneWayDelay from the moment that a byte has left the sender until it arrives; half of the
 *     round trip
 * @param bytesPerSecond of payload, shared by all connections, for each direction; 0 for no limit
 * @param queueBytes that wait at the entrance of a link with a limit; when they are there, senders
 *     feel backpressure, nothing is dropped
 */
public record LinkConditions(Duration oneWayDelay, long bytesPerSecond, int queueBytes) {
  static final int QUEUE_BYTES = 16 * 1024;

  /** No delay, no limit. */
  public static final LinkConditions UNLIMITED = new LinkConditions(Duration.ZERO, 0, QUEUE_BYTES);

  public LinkConditions {
    if (oneWayDelay.isNegative() || bytesPerSecond < 0 || queueBytes < Wire.SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "delay "
              + oneWayDelay
              + ", "
              + bytesPerSecond
              + " bytes/s, queue of "
              + queueBytes
              + " bytes; allowed are none negative and a queue of at least "
              + Wire.SEGMENT_BYTES);
    }
  }

  /** A link of {@code megabits} Mbit/s and {@code roundTrip}, with a queue of 16 KiB. */
  public static LinkConditions of(double megabits, Duration roundTrip) {
    return new LinkConditions(roundTrip.dividedBy(2), (long) (megabits * 1e6 / 8), QUEUE_BYTES);
  }

  /**
   * What one connection may have on its way in one direction: the link's own product, and the
   * queue.
   */
  long connectionBytesMax() {
    if (bytesPerSecond == 0) {
      return 8 << 20;
    }
    long product = (long) (bytesPerSecond * (oneWayDelay.toNanos() / 1e9));
    return Math.min(product + queueBytes, 64 << 20);
  }
}
