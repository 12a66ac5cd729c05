package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** How far a copy lags while its source is written to at a fixed rate, and whether it keeps up. */
final class Updates implements Scenario {
  private static final long SEED = 42;

  /** Behind for longer than this at the end is not keeping up. */
  private static final double CATCH_UP_SECONDS = 1;

  /** The JVM still compiles much in the first seconds; a hub runs for weeks. */
  private static final int WARM_UP_SECONDS = 15;

  private final String title;
  private final List<Integer> rates;
  private final int seconds;
  private final int rounds;

  /**
   * @param rates of changes a second, each measured on both ways
   */
  Updates(String title, List<Integer> rates, int seconds, int rounds) {
    this.title = title;
    this.rates = rates;
    this.seconds = seconds;
    this.rounds = rounds;
  }

  private record Result(double rate, Histogram lagUs, double catchUpSeconds, long waitingBytes) {
    boolean keptUp() {
      return catchUpSeconds <= CATCH_UP_SECONDS;
    }
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## " + title);
    report.line("");
    report.line(
        "SETs of 100 B over %,d keys for %d s, after %d s of the same unmeasured; every 5 ms a marker,"
            + " read in the copy every 0.25 ms. Lag: from sending a marker to the source until it, or"
            + " a later one, is read.",
        PacedWriter.KEYS, seconds, WARM_UP_SECONDS);
    List<List<String>> rows = new ArrayList<>();
    for (int rate : rates) {
      for (int round = 0; round < rounds; round++) {
        rows.add(row("native Redis", rate, measureNative(rate)));
        rows.add(row("Replicator", rate, measureReplicator(rate)));
      }
    }
    report.table(
        List.of(
            "",
            "asked /s",
            "written /s",
            "lag ms p50",
            "p99",
            "max",
            "behind at the end, s",
            "largest spool, MB",
            "kept up"),
        rows);
  }

  private static List<String> row(String name, int rate, Result result) {
    return List.of(
        name,
        String.format(Locale.ROOT, "%,d", rate),
        String.format(Locale.ROOT, "%,.0f", result.rate()),
        milliseconds(result.lagUs().getValueAtPercentile(50)),
        milliseconds(result.lagUs().getValueAtPercentile(99)),
        milliseconds(result.lagUs().getMaxValue()),
        String.format(Locale.ROOT, "%.2f", result.catchUpSeconds()),
        String.format(Locale.ROOT, "%.1f", result.waitingBytes() / 1e6),
        result.keptUp() ? "yes" : "no");
  }

  private static String milliseconds(long us) {
    return String.format(Locale.ROOT, "%.1f", us / 1e3);
  }

  private Result measureNative(int rate) throws IOException {
    try (RedisProcess source = RedisServers.start();
        var connection = new RedisConnection(source.port())) {
      var writer = new PacedWriter(connection, SEED);
      writer.fill();
      return measure(source, NativeCopy.of(source), writer, rate);
    }
  }

  private Result measureReplicator(int rate) throws IOException {
    try (RedisProcess source = RedisServers.start();
        var connection = new RedisConnection(source.port())) {
      var writer = new PacedWriter(connection, SEED);
      writer.fill();
      try (BenchmarkHub hub = BenchmarkHub.of(source, PacedWriter.KEYS)) {
        return measure(source, hub, writer, rate);
      }
    }
  }

  private Result measure(RedisProcess source, Copy.Way way, PacedWriter writer, int rate)
      throws IOException {
    try (Copy copy = way.open(way.port())) {
      copy.follow();
      observe(way, copy, writer, rate, WARM_UP_SECONDS);
      Result result = observe(way, copy, writer, rate, seconds);
      Equality.check(way.name(), source, copy.server());
      return result;
    }
  }

  private static Result observe(Copy.Way way, Copy copy, PacedWriter writer, int rate, int seconds)
      throws IOException {
    long[] sentNs = new long[PacedWriter.steps(seconds)];
    writer.reset();
    Waiting.until("the copy to be ready", () -> MarkerReader.isReset(copy.server().port()));
    try (var reader = new MarkerReader(copy.server().port(), sentNs.length);
        var waiting = new WaitingBytes(way)) {
      double written = writer.run(rate, sentNs);
      long endNs = System.nanoTime();
      Waiting.until("the copy to catch up", () -> reader.seen() == sentNs.length);
      double catchUp = Waiting.secondsSince(endNs);
      var lagUs = new Histogram(TimeUnit.MINUTES.toMicros(10), 3);
      for (int step = 0; step < sentNs.length; step++) {
        lagUs.recordValue((reader.seenNs(step) - sentNs[step]) / 1000);
      }
      return new Result(written, lagUs, catchUp, waiting.largest());
    }
  }
}
