package io.replicator.benchmarks.crowd;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What a crowd has got since the last look. Confined to a thread. */
final class Tally {
  private final Histogram lagUs = new Histogram(TimeUnit.MINUTES.toMicros(10), 3);
  private long sinceNs = System.nanoTime();
  private long messages;
  private long bytes;
  private long records;
  private long readNs = sinceNs;
  private long lastMessageNs = sinceNs;

  /** A member has read from its socket; what it finds in that is told next. */
  void read(int count, long nowNs) {
    bytes += count;
    readNs = nowNs;
  }

  /** A message: for members of a hub a batch. */
  void message() {
    messages++;
    lastMessageNs = readNs;
  }

  /** A member that looks has got something that was sent then. */
  void record(long lagUs) {
    records++;
    this.lagUs.recordValue(Math.max(0, Math.min(lagUs, this.lagUs.getHighestTrackableValue())));
  }

  /** What was got, and begins anew. */
  CrowdTally taken(int members, int looking, int lost, String firstLoss) {
    long nowNs = System.nanoTime();
    var taken =
        new CrowdTally(
            (nowNs - sinceNs) / 1e9,
            (lastMessageNs - sinceNs) / 1e9,
            members,
            looking,
            lost,
            firstLoss,
            messages,
            bytes,
            records,
            lagUs.getValueAtPercentile(50),
            lagUs.getValueAtPercentile(99),
            lagUs.getMaxValue());
    sinceNs = nowNs;
    lastMessageNs = nowNs;
    messages = 0;
    bytes = 0;
    records = 0;
    lagUs.reset();
    return taken;
  }
}
