package io.replicator.cassandra.connection;

/**
 * How many requests may be under way at once, so that the server is busy and nothing more: a limit
 * that follows latency. No clock, no I/O.
 *
 * <p>Little's law: beyond the number that the server works on, each request more only waits, and
 * latency grows in proportion. So every window of about as many answers as the limit, the mean
 * latency is compared with that of an unloaded server:
 *
 * <pre>
 *   gradient  = tolerance × unloaded / mean      at most 1, at least 0.5
 *   new limit = limit × gradient + √limit        √limit: room that is tried out
 *   limit     = limit + (new limit - limit) / 4  smoothed
 * </pre>
 *
 * <p>It grows only while it is used. An overload (a timeout, a refusal) halves it, once a window.
 * The latency of an unloaded server is the lowest window's mean. Every thousand windows it is
 * measured anew, for two windows at a quarter of the limit, so that a server that has become slower
 * for good is not taken for a loaded one for ever.
 *
 * <p>Mutable; guarded by its owner.
 */
final class ConcurrencyLimit {
  private static final double TOLERANCE = 3.0;
  private static final double SMOOTHING = 0.25;
  private static final double GRADIENT_MIN = 0.5;

  /** Windows between measurements of the unloaded latency. */
  private static final int PROBE_EVERY = 1_000;

  /** Windows are at least this long, so that a small limit does not follow noise. */
  private static final int WINDOW_MIN = 16;

  private final int min;
  private final int max;
  private double limit;

  private double unloadedNs = Double.NaN;
  private int answers;
  private double latencySumNs;
  private int inFlightMax;
  private boolean overloaded;
  private int windows;

  /** The limit to return to after a measurement; 0 while there is none. */
  private double resumeAt;

  /** Requires {@code 1 <= min <= initial <= max}. */
  ConcurrencyLimit(int min, int initial, int max) {
    if (min < 1 || initial < min || max < initial) {
      throw new IllegalArgumentException(
          "limits " + min + " <= " + initial + " <= " + max + " from 1 on");
    }
    this.min = min;
    this.max = max;
    this.limit = initial;
  }

  /** {@code min <= current() <= max}. */
  int current() {
    return (int) limit;
  }

  /**
   * A request was answered.
   *
   * @param inFlight how many were under way when it was, itself included
   */
  void answered(long latencyNs, int inFlight) {
    answers++;
    latencySumNs += latencyNs;
    inFlightMax = Math.max(inFlightMax, inFlight);
    if (answers >= Math.max(WINDOW_MIN, (int) limit)) {
      endWindow();
    }
  }

  /** A request timed out or was refused for want of room. */
  void overloaded() {
    if (!overloaded) {
      limit = Math.max(min, limit / 2);
    }
    overloaded = true;
    answers++;
    if (answers >= Math.max(WINDOW_MIN, (int) limit)) {
      endWindow();
    }
  }

  private void endWindow() {
    windows++;
    if (overloaded) {
      resumeAt = 0;
    } else if (resumeAt != 0) {
      measure(latencySumNs / answers);
    } else {
      adapt(latencySumNs / answers);
      if (windows >= PROBE_EVERY) {
        windows = 0;
        resumeAt = limit;
        limit = Math.max(min, limit / 4);
      }
    }
    answers = 0;
    latencySumNs = 0;
    inFlightMax = 0;
    overloaded = false;
  }

  /** The first window still has answers to what was sent before it. */
  private void measure(double meanNs) {
    if (windows >= 2) {
      unloadedNs = meanNs;
      limit = resumeAt;
      resumeAt = 0;
      windows = 0;
    }
  }

  private void adapt(double meanNs) {
    if (Double.isNaN(unloadedNs) || meanNs < unloadedNs) {
      unloadedNs = meanNs;
    }
    double gradient = Math.max(GRADIENT_MIN, Math.min(1, TOLERANCE * unloadedNs / meanNs));
    double next = limit * gradient + Math.sqrt(limit);
    boolean used = inFlightMax * 2 >= (int) limit;
    if (next > limit && !used) {
      return;
    }
    limit = Math.min(max, Math.max(min, limit + (next - limit) * SMOOTHING));
  }
}
