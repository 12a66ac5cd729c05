package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long an empty server takes to become a copy, and what goes over the wire for it. A round
 * makes a native replica, then a fresh hub and a copy by Replicator:
 *
 * <pre>
 *   native      REPLICAOF ▸ loaded
 *   Replicator  hub starts ▸ has captured        client starts ▸ loaded
 * </pre>
 *
 * The first round is not timed: it warms the JVM and goes through a link that counts bytes.
 */
final class InitialLoad implements Scenario {
  private final List<DataSet> dataSets;
  private final int rounds;

  InitialLoad(List<DataSet> dataSets, int rounds) {
    this.dataSets = dataSets;
    this.rounds = rounds;
  }

  @Override
  public void run(Report report) throws IOException, InterruptedException {
    report.line("## Initial load on loopback");
    report.line("");
    report.line(
        "%d rounds, min / median / max. Capture: from the hub's start until it has stored all. Cold:"
            + " `replicator client --once` as a new process, from its start until all is in the copy.",
        rounds);
    for (DataSet data : dataSets) {
      measure(data, report);
    }
  }

  private void measure(DataSet data, Report report) throws IOException, InterruptedException {
    byte[] raw = data.raw();
    long bound = DataSet.compressedBytes(raw);
    var nativeSeconds = new ArrayList<Double>();
    var seconds = new ArrayList<Double>();
    var captureSeconds = new ArrayList<Double>();
    var coldSeconds = new ArrayList<Double>();
    long nativeBytes = 0;
    long bytes = 0;
    try (RedisProcess source = RedisServers.start()) {
      data.loadInto(source.port());
      Copy.Way replica = NativeCopy.of(source);
      for (int round = 0; round <= rounds; round++) {
        boolean timed = round > 0;
        if (timed) {
          nativeSeconds.add(load(data, source, replica, replica.port()));
        } else {
          nativeBytes = bytesOf(data, source, replica);
        }
        try (BenchmarkHub hub = BenchmarkHub.of(source, data.keys())) {
          if (timed) {
            captureSeconds.add(hub.captureSeconds());
            seconds.add(load(data, source, hub, hub.port()));
            coldSeconds.add(loadCold(data, source, hub));
          } else {
            bytes = bytesOf(data, source, hub);
          }
        }
      }
    }
    Spread replica = Spread.of(nativeSeconds);
    Spread replicator = Spread.of(seconds);
    report.line("");
    report.line(
        "**%s**: %,d keys, %.2f MB of raw rows, zstd -3 over all of them %.2f MB.",
        data.name(), data.keys(), raw.length / 1e6, bound / 1e6);
    report.table(
        List.of(
            "", "seconds", "k keys/s", "share of native (median)", "MB on the wire", "of zstd -3"),
        List.of(
            row("native full sync", replica, replica, data, nativeBytes, bound),
            row("Replicator", replicator, replica, data, bytes, bound),
            row("Replicator, cold process", Spread.of(coldSeconds), replica, data, 0, bound),
            row("hub's capture", Spread.of(captureSeconds), replica, data, 0, bound)));
  }

  private static List<String> row(
      String name, Spread seconds, Spread peer, DataSet data, long bytes, long bound) {
    return List.of(
        name,
        seconds.text("%.2f"),
        seconds.rate(data.keys() / 1e3).text("%.0f"),
        String.format(Locale.ROOT, "%.2f", peer.median() / seconds.median()),
        bytes == 0 ? "" : String.format(Locale.ROOT, "%.2f", bytes / 1e6),
        bytes == 0 ? "" : String.format(Locale.ROOT, "%.2f", (double) bytes / bound));
  }

  private static double load(DataSet data, RedisProcess source, Copy.Way way, int link)
      throws IOException {
    try (Copy copy = way.open(link)) {
      long startNs = System.nanoTime();
      copy.follow();
      awaitLoaded(data, copy.server());
      double seconds = Waiting.secondsSince(startNs);
      Equality.check(way.name(), source, copy.server());
      return seconds;
    }
  }

  private static long bytesOf(DataSet data, RedisProcess source, Copy.Way way) throws IOException {
    try (LinkEmulator link = LinkEmulator.to(way.port(), LinkConditions.UNLIMITED)) {
      load(data, source, way, link.port());
      return link.bytesFromTarget();
    }
  }

  private static double loadCold(DataSet data, RedisProcess source, BenchmarkHub hub)
      throws IOException, InterruptedException {
    try (RedisProcess copy = RedisServers.start()) {
      long startNs = System.nanoTime();
      Process client =
          new ProcessBuilder(
                  System.getProperty("java.home")
                      + File.separator
                      + "bin"
                      + File.separator
                      + "java",
                  "-Xms64m",
                  "-Xmx1g",
                  "-XX:+UseG1GC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "io.replicator.app.Replicator",
                  "client",
                  "--once",
                  "--hub",
                  "127.0.0.1:" + hub.port(),
                  "--to",
                  copy.uri())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        awaitLoaded(data, copy);
        double seconds = Waiting.secondsSince(startNs);
        int exitCode = client.waitFor();
        if (exitCode != 0) {
          throw new IOException("the client ended with exit code " + exitCode);
        }
        Equality.check("cold client", source, copy);
        return seconds;
      } finally {
        client.destroyForcibly();
      }
    }
  }

  private static void awaitLoaded(DataSet data, RedisProcess copy) throws IOException {
    try (var connection = new RedisConnection(copy.port())) {
      Waiting.until("the load", () -> loaded(data, connection));
    }
  }

  private static boolean loaded(DataSet data, RedisConnection copy) throws IOException {
    try {
      return (Long) copy.call("DBSIZE") >= data.keys()
          && (Long) copy.call("EXISTS", data.lastKey()) == 1;
    } catch (RedisConnection.RedisErrorException e) {
      return false; // a replica that loads answers nothing else
    }
  }
}
