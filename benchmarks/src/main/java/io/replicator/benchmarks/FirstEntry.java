package io.replicator.benchmarks;

import io.replicator.benchmarks.child.NodeProgram;
import io.replicator.benchmarks.crowd.Newcomer;
import io.replicator.redis.embedded.RedisProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How long a client that has nothing takes, from before it connects until it has its first entry,
 * of a hub that has nothing else to do: one connection after the other, closed before the next.
 */
final class FirstEntry implements Scenario {
  private static final int CONNECTIONS = 500;

  /** Hub and client compile much in these: they do not count. */
  private static final int WARM_UP = 200;

  private final Path programs;
  private final Path client;

  /**
   * @param programs the folder of the scripts
   * @param client the folder of the built JavaScript client
   */
  FirstEntry(Path programs, Path client) {
    this.programs = programs;
    this.client = client;
  }

  /** Connects, and returns when the first entry is there. */
  @FunctionalInterface
  private interface Way {
    void awaitFirstEntry(int port) throws IOException;
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Time to the first entry");
    report.line("");
    report.line(
        "A database of %,d quotes, %,d connections over loopback one after the other, after %,d that do"
            + " not count.",
        QuoteWriter.KEYS, CONNECTIONS, WARM_UP);
    List<List<String>> rows = new ArrayList<>();
    try (RedisProcess source = filled();
        HubProcess hub = HubProcess.of(source, QuoteWriter.KEYS)) {
      int port = hub.httpPort();
      rows.add(
          row(
              "WebSocket, from Java",
              times(port, hubPort -> Newcomer.awaitFirstEntry(hubPort, "0"))));
      rows.add(row("HTTP, NDJSON, from Java", times(port, FirstEntry::awaitFirstLine)));
      double[] inNode =
          NodeProgram.run(
              double[].class,
              programs,
              "first-entry.mjs",
              client,
              "http://127.0.0.1:" + port,
              "0",
              WARM_UP + CONNECTIONS);
      rows.add(
          row("JavaScript client, in Node.js", Arrays.copyOfRange(inNode, WARM_UP, inNode.length)));
      rows.add(row("the same, the first of its process", Arrays.copyOf(inNode, 1)));
    }
    report.table(List.of("", "ms median", "p99", "max"), rows);
  }

  private static RedisProcess filled() throws IOException {
    RedisProcess source = RedisServers.start();
    new QuoteWriter(source).close();
    return source;
  }

  private static double[] times(int port, Way way) throws IOException {
    var ms = new double[CONNECTIONS];
    for (int connection = -WARM_UP; connection < CONNECTIONS; connection++) {
      long startNs = System.nanoTime();
      way.awaitFirstEntry(port);
      if (connection >= 0) {
        ms[connection] = Waiting.secondsSince(startNs) * 1e3;
      }
    }
    return ms;
  }

  private static void awaitFirstLine(int port) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      String request =
          "GET /v1/databases/0/entries HTTP/1.1\r\nHost: 127.0.0.1:"
              + port
              + "\r\nAccept: application/x-ndjson\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String first = lines.readLine();
      for (String line = first; line != null; line = lines.readLine()) {
        if (line.startsWith("{\"k\":")) {
          return;
        }
      }
      throw new IOException("no entry; the answer is " + first);
    }
  }

  private static List<String> row(String name, double[] ms) {
    double[] sorted = ms.clone();
    Arrays.sort(sorted);
    return List.of(
        name,
        text(sorted[sorted.length / 2]),
        text(sorted[(int) (sorted.length * 0.99)]),
        text(sorted[sorted.length - 1]));
  }

  private static String text(double ms) {
    return String.format(Locale.ROOT, "%.1f", ms);
  }
}
