package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How soon a change of a second, urgent database shows in the copy while a big one is loaded over a
 * link of 1 Mbit/s and 80 ms. The load of a native replica takes minutes: what it has not shown
 * after {@link #PATIENCE_NS} is reported as that.
 */
final class UrgentChange implements Scenario {
  private static final LinkConditions LINK = LinkConditions.of(1, Duration.ofMillis(80));
  private static final int URGENT_DATABASE = 5;
  private static final int CHANGES = 20;
  private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(200);

  private final DataSet bulk;

  UrgentChange(DataSet bulk) {
    this.bulk = bulk;
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Urgent changes during an initial load, 1 Mbit/s, 80 ms");
    report.line("");
    report.line(
        "%d SETs, one every 500 ms, in database %d, while %s is loaded into database 0; seconds until"
            + " each shows in the copy, min / median / max.",
        CHANGES, URGENT_DATABASE, bulk.name());
    List<List<String>> rows = new ArrayList<>();
    try (RedisProcess source = RedisServers.start()) {
      bulk.loadInto(source.port());
      rows.add(row(source, NativeCopy.of(source)));
      try (BenchmarkHub hub = BenchmarkHub.withUrgent(source, bulk.keys(), URGENT_DATABASE)) {
        rows.add(row(source, hub));
      }
    }
    report.table(List.of("", "seconds until visible", "not visible after 200 s"), rows);
  }

  private static List<String> row(RedisProcess source, Copy.Way way) throws IOException {
    long[] sentNs = new long[CHANGES];
    var seconds = new ArrayList<Double>();
    try (LinkEmulator link = LinkEmulator.to(way.port(), LINK);
        Copy copy = way.open(link.port());
        var writes = new RedisConnection(source.port());
        var reads = new RedisConnection(copy.server().port())) {
      writes.call("SELECT", Integer.toString(URGENT_DATABASE));
      writes.call("FLUSHDB");
      copy.follow();
      long startNs = System.nanoTime();
      int sent = 0;
      while (seconds.size() < CHANGES && System.nanoTime() - startNs < PATIENCE_NS) {
        long nowNs = System.nanoTime();
        if (sent < CHANGES && nowNs - startNs >= (sent + 4) * INTERVAL_NS) {
          sentNs[sent] = System.nanoTime();
          writes.call("SET", "urgent:" + sent, "now");
          sent++;
        }
        while (seconds.size() < sent && visible(reads, seconds.size())) {
          seconds.add(Waiting.secondsSince(sentNs[seconds.size()]));
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
    }
    return List.of(
        way.name(),
        seconds.isEmpty() ? "none" : Spread.of(seconds).text("%.2f"),
        String.format(Locale.ROOT, "%d of %d", CHANGES - seconds.size(), CHANGES));
  }

  private static boolean visible(RedisConnection copy, int change) throws IOException {
    try {
      copy.call("SELECT", Integer.toString(URGENT_DATABASE));
      return copy.call("GET", "urgent:" + change) != null;
    } catch (RedisConnection.RedisErrorException e) {
      return false; // a replica that loads answers nothing else
    }
  }
}
