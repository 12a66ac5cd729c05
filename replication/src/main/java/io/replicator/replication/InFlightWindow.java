package io.replicator.replication;

import java.util.Arrays;

/**
 * How many bytes a session may have in flight: as many as the link delivers in one round trip, and
 * a queue of its own that is worth {@code queueTarget}, so that the link is never idle and an
 * urgent chunk never waits behind more than that.
 *
 * <pre>
 *   window = delivery rate × (smallest round trip + queue target), within [4 KiB, ceiling]
 * </pre>
 *
 * <p>The model is BBR's (Cardwell, Cheng, Gunn, Yeganeh, Jacobson, "BBR: Congestion-Based
 * Congestion Control", ACM Queue 14(5), 2016; draft-ietf-ccwg-bbr), above TCP instead of in it, and
 * for another end: to keep bulk out of the buffers between here and the client.
 *
 * <ul>
 *   <li><b>Delivery rate</b>: sampled at each acknowledgement as in
 *       draft-cheng-iccrg-delivery-rate-estimation: bytes delivered since the newest acknowledged
 *       chunk was sent, by the longer of the time that it took to send and to acknowledge them. A
 *       sample during which there was nothing to send counts only where it raises the estimate, the
 *       largest of the last ten round trips that had samples.
 *   <li><b>Start</b>: 16 KiB. A full window that makes no queue, as at the start and after the link
 *       became faster, doubles each round trip; it never grows faster, whatever a sample says.
 *   <li><b>A slower link</b> shows as a queue of more than twice the target: then only the last two
 *       round trips count for the rate.
 *   <li><b>Smallest round trip</b>: when none was as small for ten seconds, the smallest that was
 *       taken meanwhile with next to nothing in flight takes its place. When there was none, the
 *       window goes to 4 KiB until there is one: 50 ms, and one round trip, at least.
 *   <li><b>Silence</b>: after ten seconds without enough to send the window begins at 16 KiB again,
 *       because the link may be another one by now.
 * </ul>
 *
 * <p>Invariants: {@code 0 <= received <= sent}; {@code 4 KiB <= window}, so with nothing in flight
 * there is always something available; at most 256 sent-records, of which every second one is
 * forgotten when they are full (the bytes of a forgotten one belong to the next).
 *
 * <p>Time is the caller's monotonic clock in ns. Mutable; confined to one thread.
 */
public final class InFlightWindow {
  /** The window is never smaller. */
  public static final long FLOOR_BYTES = 4 * 1024;

  static final long INITIAL_BYTES = 16 * 1024;
  static final int SENT_RECORDS_MAX = 256;

  private static final long MS = 1_000_000;
  private static final long STALE_NS = 10_000 * MS;
  private static final long PROBE_MIN_NS = 50 * MS;
  private static final long PROBE_MAX_NS = 200 * MS;
  private static final int RATE_ROUNDS = 10;
  private static final int RATE_ROUNDS_WHEN_QUEUED = 2;

  private final long ceilingBytes;
  private final long queueTargetNs;

  private long sentTotal;
  private long receivedTotal;
  private long receivedAtNs;
  private long firstSentAtNs;
  // Records sent up to here are samples of what there was to send, not of the link.
  private long appLimitedUntil;
  private boolean appLimited;
  private long lastBusyNs;

  private final SentRecords records = new SentRecords(SENT_RECORDS_MAX);

  // Largest rate sample of each of the last rounds that had one, bytes per ns; [0] is the newest.
  private final double[] roundRates = new double[RATE_ROUNDS];
  private boolean roundHasRate;
  private double rate;

  // A round ends when the bytes that had been sent at its start are received.
  private long roundEnd;
  private long roundStartNs;
  // Round trips of chunks that filled the window, in this round.
  private long fullRttMinNs = Long.MAX_VALUE;
  private long fullRttMaxNs;
  private long roundStartWindow = INITIAL_BYTES;

  private long minRttNs = Long.MAX_VALUE;
  private long minRttAtNs;
  // Smallest round trip since minRttAtNs with next to nothing in flight.
  private long emptyRttNs = Long.MAX_VALUE;

  private boolean growing;

  private boolean probing;
  private long probeStartNs;
  private long probeRttNs;

  private long windowBytes;

  /**
   * @param ceilingBytes the window is never larger; at least 4 KiB
   * @param queueTargetNs how long a byte may wait in the link's queue behind bytes of this session
   */
  public InFlightWindow(long ceilingBytes, long queueTargetNs) {
    if (ceilingBytes < FLOOR_BYTES || queueTargetNs <= 0) {
      throw new IllegalArgumentException(
          "ceiling "
              + ceilingBytes
              + " bytes (at least 4096), queue target "
              + queueTargetNs
              + " ns (more than 0)");
    }
    this.ceilingBytes = ceilingBytes;
    this.queueTargetNs = queueTargetNs;
    this.windowBytes = Math.min(INITIAL_BYTES, ceilingBytes);
  }

  /**
   * Bytes have been handed to the link.
   *
   * @param totalSentBytes of the session so far; not less than before
   * @param appLimited whether there is nothing more to send for now
   */
  public void sent(long totalSentBytes, long nowNs, boolean appLimited) {
    long bytes = totalSentBytes - sentTotal;
    if (bytes < 0) {
      throw new IllegalArgumentException(totalSentBytes + " bytes sent after " + sentTotal);
    }
    if (bytes > 0) {
      if (sentTotal == 0) {
        lastBusyNs = nowNs;
      }
      boolean empty = inFlightBytes() == 0;
      if (empty) {
        firstSentAtNs = nowNs;
        receivedAtNs = nowNs;
      }
      sentTotal = totalSentBytes;
      boolean nearlyEmpty = empty || inFlightBytes() <= FLOOR_BYTES;
      records.add(
          sentTotal,
          nowNs,
          firstSentAtNs,
          receivedTotal,
          receivedAtNs,
          this.appLimited || appLimited || probing,
          nearlyEmpty,
          inFlightBytes() + Math.max(bytes, windowBytes / 8) > windowBytes);
    }
    if (appLimited) {
      this.appLimited = true;
      appLimitedUntil = sentTotal;
    } else {
      restartAfterSilence(nowNs);
      lastBusyNs = nowNs;
    }
    probeWhenStale(nowNs);
  }

  /** The same, told at once. */
  public void acked(long totalReceivedBytes, long nowNs) {
    acked(totalReceivedBytes, nowNs, 0);
  }

  /**
   * The client told how much it has received.
   *
   * @param totalReceivedBytes of the session so far
   * @param delayNs how long it held that back; round trips are shorter by it
   * @throws IllegalArgumentException when that is more than was sent, or less than before
   */
  public void acked(long totalReceivedBytes, long nowNs, long delayNs) {
    if (totalReceivedBytes < receivedTotal || totalReceivedBytes > sentTotal) {
      throw new IllegalArgumentException(
          totalReceivedBytes
              + " bytes acknowledged, allowed are "
              + receivedTotal
              + " to "
              + sentTotal);
    }
    if (totalReceivedBytes > receivedTotal) {
      receivedTotal = totalReceivedBytes;
      receivedAtNs = nowNs;
      if (appLimited && receivedTotal > appLimitedUntil) {
        appLimited = false;
      }
      if (records.removeUpTo(receivedTotal)) {
        firstSentAtNs = records.sentAtNs;
        sampleRoundTrip(nowNs - delayNs);
        sampleRate(nowNs);
      }
      if (receivedTotal >= roundEnd || roundIsLate(nowNs)) {
        endRound(nowNs);
      }
      updateWindow();
    }
    probeWhenStale(nowNs);
  }

  /** While this is positive, one more chunk of whatever size may be sent. */
  public long available() {
    return Math.max(0, windowBytes() - inFlightBytes());
  }

  public long windowBytes() {
    return probing ? FLOOR_BYTES : windowBytes;
  }

  public long inFlightBytes() {
    return sentTotal - receivedTotal;
  }

  /** Smallest round trip of late; 0 before the first. */
  public double minRttMs() {
    return minRttNs == Long.MAX_VALUE ? 0 : minRttNs / (double) MS;
  }

  /** What the link delivers, as last estimated; 0 before the first estimate. */
  public long deliveryBytesPerSecond() {
    return (long) (rate * 1e9);
  }

  private void sampleRoundTrip(long nowNs) {
    long rttNs = Math.max(1, nowNs - records.sentAtNs);
    if (records.windowFull) {
      fullRttMinNs = Math.min(fullRttMinNs, rttNs);
      fullRttMaxNs = Math.max(fullRttMaxNs, rttNs);
    }
    if (probing) {
      probeRttNs = Math.min(probeRttNs, rttNs);
    }
    if (records.nearlyEmpty) {
      emptyRttNs = Math.min(emptyRttNs, rttNs);
      // A round trip this long with next to nothing in flight is not our queue: another path.
      if (minRttNs != Long.MAX_VALUE
          && rttNs > minRttNs + queueTargetNs + FLOOR_BYTES / Math.max(rate, 1e-12)) {
        setMinRtt(rttNs, nowNs);
      }
    }
    if (rttNs <= minRttNs) {
      setMinRtt(rttNs, nowNs);
    }
  }

  private void setMinRtt(long rttNs, long nowNs) {
    minRttNs = rttNs;
    minRttAtNs = nowNs;
    emptyRttNs = Long.MAX_VALUE;
  }

  private void sampleRate(long nowNs) {
    long delivered = receivedTotal - records.receivedTotal;
    long sendElapsedNs = records.sentAtNs - records.firstSentAtNs;
    long ackElapsedNs = nowNs - records.receivedAtNs;
    long elapsedNs = Math.max(sendElapsedNs, ackElapsedNs);
    if (elapsedNs < minRttNs || elapsedNs <= 0) {
      return; // acknowledged faster than any round trip: the ends' batching, not the link
    }
    double sample = (double) delivered / elapsedNs;
    if (records.appLimited && sample < rate) {
      return;
    }
    roundHasRate |= !records.appLimited;
    roundRates[0] = Math.max(roundRates[0], sample);
    rate = Math.max(rate, sample);
  }

  // Behind a long queue rounds are long too: not waiting for their ends makes it shorter sooner.
  private boolean roundIsLate(long nowNs) {
    return minRttNs != Long.MAX_VALUE && nowNs - roundStartNs > minRttNs + 4 * queueTargetNs;
  }

  private void endRound(long nowNs) {
    roundEnd = sentTotal;
    roundStartNs = nowNs;
    boolean full = fullRttMaxNs > 0;
    boolean queued = full && fullRttMinNs > minRttNs + 2 * queueTargetNs;
    growing = full && fullRttMaxNs < minRttNs + queueTargetNs / 2;
    fullRttMinNs = Long.MAX_VALUE;
    fullRttMaxNs = 0;
    if (roundHasRate) {
      if (queued) {
        Arrays.fill(roundRates, RATE_ROUNDS_WHEN_QUEUED, RATE_ROUNDS, 0);
      }
      rate = Arrays.stream(roundRates).max().orElseThrow();
      System.arraycopy(roundRates, 0, roundRates, 1, RATE_ROUNDS - 1);
      roundRates[0] = 0;
      roundHasRate = false;
    }
    roundStartWindow = windowBytes;
  }

  private void updateWindow() {
    if (rate == 0 || minRttNs == Long.MAX_VALUE || probing) {
      return;
    }
    double target = rate * (minRttNs + (double) queueTargetNs);
    if (growing) {
      target = Math.max(2 * target, (double) windowBytes);
    }
    long bounded = (long) Math.min(target, 2.0 * roundStartWindow);
    windowBytes = Math.max(FLOOR_BYTES, Math.min(ceilingBytes, bounded));
  }

  private void restartAfterSilence(long nowNs) {
    if (nowNs - lastBusyNs <= STALE_NS) {
      return;
    }
    windowBytes = Math.min(windowBytes, Math.min(INITIAL_BYTES, ceilingBytes));
    roundStartWindow = windowBytes;
    growing = false;
    Arrays.fill(roundRates, 0);
    rate = 0;
  }

  private void probeWhenStale(long nowNs) {
    if (probing) {
      boolean sampled = emptyRttNs != Long.MAX_VALUE;
      long elapsedNs = nowNs - probeStartNs;
      if ((sampled && elapsedNs >= PROBE_MIN_NS) || elapsedNs >= PROBE_MAX_NS + 2 * minRttNs) {
        probing = false;
        setMinRtt(sampled ? emptyRttNs : Math.max(probeRttNs, 1), nowNs);
      }
    } else if (minRttNs != Long.MAX_VALUE && nowNs - minRttAtNs > STALE_NS) {
      if (emptyRttNs != Long.MAX_VALUE) {
        setMinRtt(emptyRttNs, nowNs);
      } else if (inFlightBytes() > FLOOR_BYTES) {
        probing = true;
        probeStartNs = nowNs;
        probeRttNs = Long.MAX_VALUE;
      }
    }
  }
}
