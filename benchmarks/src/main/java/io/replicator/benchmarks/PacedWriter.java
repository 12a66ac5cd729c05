package io.replicator.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Pipelined SETs of 100 bytes at a fixed rate over uniformly chosen keys, in steps of some
 * milliseconds, each closed by a SET of the marker key to the step's number. Confined to one
 * thread.
 */
final class PacedWriter {
  static final int KEYS = 100_000;
  static final String MARKER = "marker";

  /** The marker's value before the first step. */
  static final String NONE = "-1";

  private static final int VALUE_BYTES = 100;
  private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int CHARACTERS = 16 << 20;

  private final RedisConnection source;
  private final Random random;

  /** Values begin anywhere in these: no two are alike, and none compresses much. */
  private final byte[] characters;

  PacedWriter(RedisConnection source, long seed) {
    this.source = source;
    random = new Random(seed);
    byte[] bytes = new byte[CHARACTERS / 4 * 3];
    random.nextBytes(bytes);
    characters = Base64.getEncoder().encode(bytes);
  }

  /** Writes every key once. */
  void fill() throws IOException {
    for (int key = 0; key < KEYS; key++) {
      set(key);
      if (source.pending() == 1000) {
        source.flushSets();
      }
    }
    source.flushSets();
  }

  /** Sets the marker back, so that a run can tell its own from an earlier one's. */
  void reset() throws IOException {
    source.call("SET", MARKER, NONE);
  }

  /**
   * Writes for some time, and falls back on its rate rather than on the total when the source is
   * too slow for it.
   *
   * @param sentNs gets the time at which each step was sent; its length is the number of steps
   * @return changes a second that the source took
   */
  double run(int ratePerSecond, long[] sentNs) throws IOException {
    long startNs = System.nanoTime();
    long written = 0;
    byte[] marker = MARKER.getBytes(StandardCharsets.US_ASCII);
    for (int step = 0; step < sentNs.length; step++) {
      long dueNs = startNs + step * STEP_NS;
      for (long waitNs; (waitNs = dueNs - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(waitNs);
      }
      long target = (long) ((step + 1) * (ratePerSecond * (STEP_NS / 1e9)));
      for (; written < target - 1; written++) {
        set(random.nextInt(KEYS));
      }
      byte[] number = Integer.toString(step).getBytes(StandardCharsets.US_ASCII);
      source.set(marker, number, 0, number.length);
      written++;
      sentNs[step] = System.nanoTime();
      source.flushSets();
    }
    return written / Waiting.secondsSince(startNs);
  }

  static int steps(int seconds) {
    return (int) (TimeUnit.SECONDS.toNanos(seconds) / STEP_NS);
  }

  private void set(int key) {
    byte[] name = ("key:" + key).getBytes(StandardCharsets.US_ASCII);
    source.set(name, characters, random.nextInt(CHARACTERS - VALUE_BYTES), VALUE_BYTES);
  }
}
