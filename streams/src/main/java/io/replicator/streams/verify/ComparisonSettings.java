package io.replicator.streams.verify;

import io.replicator.replication.KeyFilter;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How to compare.
 *
 * @param filter keys that count
 * @param examplesMax differences to describe
 * @param expiryTolerance by which expiries may differ
 * @param settle how long to wait before looking again at an expiring key that differs
 * @param clockMs milliseconds since 1970
 */
public record ComparisonSettings(
    KeyFilter filter,
    int examplesMax,
    Duration expiryTolerance,
    Duration settle,
    LongSupplier clockMs) {
  public static final ComparisonSettings DEFAULT =
      new ComparisonSettings(
          KeyFilter.ALL,
          10,
          Duration.ofSeconds(1),
          Duration.ofMillis(300),
          System::currentTimeMillis);

  public ComparisonSettings withFilter(KeyFilter other) {
    return new ComparisonSettings(other, examplesMax, expiryTolerance, settle, clockMs);
  }

  /** Called now and then on the thread that compares. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param done keys looked at, of both sides
     * @param total about how many there are on both sides
     */
    void at(long done, long total);
  }
}
