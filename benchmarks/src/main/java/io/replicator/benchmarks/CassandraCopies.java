package io.replicator.benchmarks;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.replicator.app.client.RunningClient;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.ComparedPlace;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.Overrides;
import io.replicator.app.verify.Verification;
import io.replicator.cassandra.schema.SchemaScript;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.verify.Comparison;
import io.replicator.testkit.cassandra.CassandraServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A client into a real Cassandra of one node on this machine: an initial load beside a loader
 * written by hand, which has the rows in memory and writes them with the same driver, statements
 * and batches.
 */
final class CassandraCopies implements Scenario {
  /** Of a city. */
  private static final int FIELDS = 6;

  private final DataSet cities;
  private final int rounds;

  CassandraCopies(DataSet cities, int rounds) {
    this.cities = cities;
    this.rounds = rounds;
  }

  @Override
  public void run(Report report) throws IOException, InterruptedException {
    report.line("## Cassandra");
    report.line("");
    report.line(
        "%,d cities, Cassandra 5 of one node on this machine; medians of %d rounds after one that is"
            + " not counted. From the start of a session or client until everything is there. By hand:"
            + " rows from memory, %d requests at a time; once the rows of data alone, once with the"
            + " directory's entries, which Replicator writes too.",
        cities.keys(), rounds, HandWrittenLoader.CONCURRENCY);
    List<List<String>> rows = new ArrayList<>();
    try (var server = CassandraServer.startFast()) {
      for (boolean hashes : new boolean[] {true, false}) {
        rows.add(loads(server, hashes));
      }
      report.table(
          List.of(
              "as",
              "rows/s by hand, data alone",
              "by hand, all",
              "Replicator",
              "of data alone",
              "of all"),
          rows);
    }
  }

  // ---- Initial load

  private List<String> loads(CassandraServer server, boolean hashes)
      throws IOException, InterruptedException {
    List<Double> alone = new ArrayList<>();
    List<Double> all = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    try (RedisProcess source = RedisServers.start()) {
      fill(cities, source, hashes);
      try (BenchmarkHub hub = BenchmarkHub.of(source, cities.keys())) {
        for (int round = 0; round <= rounds; round++) {
          alone.add(byHand(server, hashes, false));
          all.add(byHand(server, hashes, true));
          ours.add(ours(server, source, hub, hashes, round == rounds));
        }
      }
    }
    double aloneRate = medianAfterTheFirst(alone);
    double allRate = medianAfterTheFirst(all);
    double ourRate = medianAfterTheFirst(ours);
    return List.of(
        hashes ? "hashes, 6 fields each" : "strings",
        String.format(Locale.ROOT, "%,.0f", aloneRate),
        String.format(Locale.ROOT, "%,.0f", allRate),
        String.format(Locale.ROOT, "%,.0f", ourRate),
        String.format(Locale.ROOT, "%.2f", ourRate / aloneRate),
        String.format(Locale.ROOT, "%.2f", ourRate / allRate));
  }

  /** The first round warms everything up. */
  private static double medianAfterTheFirst(List<Double> rates) {
    List<Double> sorted = new ArrayList<>(rates.subList(1, rates.size()));
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  static void fill(DataSet cities, RedisProcess source, boolean hashes) throws IOException {
    if (!hashes) {
      cities.loadInto(source.port());
      return;
    }
    try (RedisClient client = RedisClient.create(source.uri());
        StatefulRedisConnection<String, String> connection = client.connect()) {
      connection.setAutoFlushCommands(false);
      List<RedisFuture<?>> pending = new ArrayList<>();
      for (Map.Entry<String, byte[]> city : cities.rows().entrySet()) {
        pending.add(connection.async().hset(city.getKey(), fields(city.getValue())));
        if (pending.size() == 1_000) {
          flush(connection, pending);
        }
      }
      flush(connection, pending);
    }
  }

  static void flush(
      StatefulRedisConnection<String, String> connection, List<RedisFuture<?>> pending) {
    connection.flushCommands();
    pending.forEach(future -> future.toCompletableFuture().join());
    pending.clear();
  }

  private static Map<String, String> fields(byte[] json) throws IOException {
    Map<String, String> fields = new LinkedHashMap<>();
    new ObjectMapper()
        .readTree(json)
        .fields()
        .forEachRemaining(field -> fields.put(field.getKey(), field.getValue().asText()));
    return fields;
  }

  static CqlSession session(CassandraServer server) {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
        .withLocalDatacenter(CassandraServer.DATA_CENTER)
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                .withDuration(DefaultDriverOption.METADATA_SCHEMA_WINDOW, Duration.ofMillis(20))
                .build())
        .build();
  }

  static String uri(CassandraServer server, String keyspace) {
    return "cassandra://" + server.contactPoint() + "/" + keyspace + "?timeout=10000";
  }

  static void create(CassandraServer server, CqlSession session, String keyspace) {
    for (String statement :
        SchemaScript.of(CassandraTarget.parse(uri(server, keyspace) + "&replication=1"))
            .split(";\n", -1)) {
      if (!statement.isBlank()) {
        session.execute(statement);
      }
    }
  }

  /**
   * Rows of data a second, from the session's start.
   *
   * @param directory whether to write what a client writes besides
   */
  private double byHand(CassandraServer server, boolean hashes, boolean directory)
      throws IOException, InterruptedException {
    String keyspace = "by_hand";
    Map<String, Map<String, String>> fields = new LinkedHashMap<>();
    Map<String, String> strings = new LinkedHashMap<>();
    for (Map.Entry<String, byte[]> city : cities.rows().entrySet()) {
      if (hashes) {
        fields.put(city.getKey(), fields(city.getValue()));
      } else {
        strings.put(city.getKey(), new String(city.getValue(), StandardCharsets.UTF_8));
      }
    }
    try (CqlSession session = session(server)) {
      create(server, session, keyspace);
    }
    long startNs = System.nanoTime();
    try (CqlSession session = session(server)) {
      var loader = new HandWrittenLoader(session, keyspace);
      if (directory) {
        loader.directory(cities.rows().keySet(), hashes ? Table.HASHES : Table.STRINGS);
      }
      if (hashes) {
        loader.hashes(fields);
      } else {
        loader.strings(strings);
      }
      double taken = Waiting.secondsSince(startNs);
      session.execute("DROP KEYSPACE " + keyspace);
      return rows(hashes) / taken;
    }
  }

  private double rows(boolean hashes) {
    return (hashes ? FIELDS : 1.0) * cities.keys();
  }

  private double ours(
      CassandraServer server,
      RedisProcess source,
      BenchmarkHub hub,
      boolean hashes,
      boolean verified)
      throws IOException {
    String keyspace = "replicator";
    try (CqlSession session = session(server)) {
      create(server, session, keyspace);
      double taken;
      long startNs = System.nanoTime();
      try (RunningClient client = client(hub, uri(server, keyspace))) {
        Waiting.until("the copy", () -> client.client().status().state().equals("live"));
        taken = Waiting.secondsSince(startNs);
      }
      if (verified) {
        requireEqual(source, uri(server, keyspace));
      }
      session.execute("DROP KEYSPACE " + keyspace);
      return rows(hashes) / taken;
    }
  }

  static RunningClient client(BenchmarkHub hub, String uri) {
    Configuration configuration =
        Configuration.load(
            new Overrides()
                .set("replicator.client.hubs", "benchmark", "127.0.0.1:" + hub.port())
                .set("replicator.client.to", "benchmark", uri)
                .set("replicator.client.name", "benchmark", "benchmark"),
            null);
    return RunningClient.start(
        configuration.whole(),
        ClientConfiguration.read(configuration),
        new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }

  static void requireEqual(RedisProcess source, String uri) throws IOException {
    Comparison comparison =
        Verification.compare(
            new ComparedPlace.Redis(RedisAddress.parse(source.uri())),
            new ComparedPlace.Cassandra(CassandraTarget.parse(uri)),
            (done, total) -> {});
    if (!comparison.equal()) {
      throw new IOException("the copy differs: " + comparison.examples());
    }
  }
}
