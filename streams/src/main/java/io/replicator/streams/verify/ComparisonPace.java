package io.replicator.streams.verify;

import io.replicator.streams.verify.ComparisonSettings.Progress;

/**
 * How far a comparison is: first it lists one side, then the other. Where nobody counts the keys of
 * a side, it is taken to have as many as the other; where nobody counts either, as many as the
 * share that is listed already lets expect. Confined to one thread.
 */
final class ComparisonPace {
  private final Progress progress;
  private long firstSize;
  private long secondSize;
  private boolean guessing;
  private long firstListed;
  private long listed;
  private int listing = -1;
  private long reported;

  ComparisonPace(Progress progress) {
    this.progress = progress;
  }

  /** Sizes of the side that is listed first and of the other; -1 for one that nobody counts. */
  void begin(long first, long second) {
    firstSize = first < 0 ? Math.max(0, second) : first;
    secondSize = second < 0 ? Math.max(0, first) : second;
    guessing = first < 0 && second < 0;
    report(0);
  }

  void beginListing() {
    if (listing == 0) {
      firstListed = guessing ? listed : firstSize;
    }
    listing++;
    listed = 0;
  }

  /**
   * @param keys of one more page
   * @param share of this listing that is done; NaN for unknown, which counts for nothing
   */
  void listed(int keys, double share) {
    listed += keys;
    if (guessing && listing == 0 && share > 0) {
      firstSize = (long) (listed / share);
      secondSize = firstSize;
    }
    if (listing > 1) {
      // Looking for what is missing: a part of what was listed, at the end.
      return;
    }
    long size = listing == 0 ? firstSize : secondSize;
    report((listing == 0 ? 0 : firstListed) + Math.min(size, listed));
  }

  void end() {
    report(firstSize + secondSize);
  }

  private void report(long done) {
    long total = firstSize + secondSize;
    reported = Math.min(total, Math.max(reported, done));
    progress.at(reported, total);
  }
}
