package io.replicator.benchmarks;

import io.replicator.benchmarks.child.NodeProgram;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * JSON documents into an empty client in Node.js, over a link that counts bytes: the JavaScript
 * client of a hub, and PouchDB that replicates from express-pouchdb. Every time is that of a new
 * process, once its modules are loaded, until every document is there as an object.
 */
final class Documents implements Scenario {
  private final DataSet data;
  private final Path programs;
  private final Path client;
  private final int rounds;

  /**
   * @param programs the folder of the scripts, with what they need installed
   * @param client the folder of the built JavaScript client
   */
  Documents(DataSet data, Path programs, Path client, int rounds) {
    this.data = data;
    this.programs = programs;
    this.client = client;
    this.rounds = rounds;
  }

  /** What a client in Node.js reports. */
  private record Got(double ms, int documents, String digest) {}

  /** All rounds of one way. */
  private static final class Series {
    final List<Double> seconds = new ArrayList<>();
    final List<Double> megabytes = new ArrayList<>();
  }

  /** Begins to replicate through a port. */
  @FunctionalInterface
  private interface Replication {
    Got run(int port) throws IOException;
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Documents into an empty client in Node.js");
    report.line("");
    report.line(
        "%s: %,d documents, %.2f MB of JSON; loopback through a link that counts bytes both ways, %d"
            + " rounds, min / median / max, a new process each.",
        data.name(), data.keys(), data.raw().length / 1e6, rounds);
    Path rows = Files.createTempFile("documents", ".tsv");
    try (RedisProcess source = RedisServers.start();
        NodeProgram peer = peer(rows)) {
      data.loadInto(source.port());
      Got expected = NodeProgram.run(Got.class, programs, "expected.mjs", rows);
      int peerPort = peer.told(Integer.class);
      var pouch = new Series();
      var replicator = new Series();
      try (HubProcess hub = HubProcess.of(source, data.keys())) {
        // Servers compile much in their first round: it does not count.
        for (int round = 0; round <= rounds; round++) {
          measure(round, pouch, expected, peerPort, this::pouch);
          measure(round, replicator, expected, hub.httpPort(), this::replicator);
        }
      }
      report(report, pouch, replicator);
    } finally {
      Files.delete(rows);
    }
  }

  private NodeProgram peer(Path rows) throws IOException {
    Files.write(rows, data.raw());
    return NodeProgram.start(programs, "pouchdb-server.mjs", rows);
  }

  private Got pouch(int port) throws IOException {
    return NodeProgram.run(Got.class, programs, "pouchdb-client.mjs", "http://127.0.0.1:" + port);
  }

  private Got replicator(int port) throws IOException {
    return NodeProgram.run(
        Got.class, programs, "replicator-client.mjs", client, "http://127.0.0.1:" + port, "0");
  }

  private static void measure(
      int round, Series series, Got expected, int port, Replication replication)
      throws IOException {
    try (LinkEmulator link = LinkEmulator.to(port, LinkConditions.UNLIMITED)) {
      Got got = replication.run(link.port());
      if (!got.digest().equals(expected.digest())) {
        throw new IOException(
            got.documents() + " documents, not equal to the " + expected.documents() + " sent");
      }
      if (round > 0) {
        series.seconds.add(got.ms() / 1e3);
        series.megabytes.add((link.bytesToTarget() + link.bytesFromTarget()) / 1e6);
      }
    }
  }

  private static void report(Report report, Series pouch, Series replicator) {
    Spread pouchSeconds = Spread.of(pouch.seconds);
    Spread pouchMegabytes = Spread.of(pouch.megabytes);
    report.table(
        List.of("", "seconds", "of PouchDB's", "MB on the wire", "of PouchDB's"),
        List.of(
            row("PouchDB", pouch, pouchSeconds, pouchMegabytes),
            row("Replicator", replicator, pouchSeconds, pouchMegabytes)));
  }

  private static List<String> row(
      String name, Series series, Spread pouchSeconds, Spread pouchMegabytes) {
    Spread seconds = Spread.of(series.seconds);
    Spread megabytes = Spread.of(series.megabytes);
    return List.of(
        name,
        seconds.text("%.3f"),
        String.format(Locale.ROOT, "%.3f", seconds.median() / pouchSeconds.median()),
        megabytes.text("%.3f"),
        String.format(Locale.ROOT, "%.3f", megabytes.median() / pouchMegabytes.median()));
  }
}
