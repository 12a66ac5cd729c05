package io.replicator.benchmarks;

import com.datastax.oss.driver.api.core.CqlSession;
import io.replicator.app.client.RunningClient;
import io.replicator.app.config.ComparedPlace;
import io.replicator.app.verify.Verification;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.verify.Comparison;
import io.replicator.testkit.cassandra.CassandraServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long it takes to compare a Redis with a real Cassandra of one node, and with itself. */
final class CassandraComparisons implements Scenario {
  private final DataSet cities;
  private final int rounds;

  CassandraComparisons(DataSet cities, int rounds) {
    this.cities = cities;
    this.rounds = rounds;
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Comparing with Cassandra");
    report.line("");
    report.line("%,d cities, Cassandra 5 of one node on this machine.", cities.keys());
    List<List<String>> rows = new ArrayList<>();
    try (var server = CassandraServer.startFast()) {
      for (boolean hashes : new boolean[] {true, false}) {
        try (RedisProcess source = RedisServers.start()) {
          CassandraCopies.fill(cities, source, hashes);
          var redis = new ComparedPlace.Redis(RedisAddress.parse(source.uri()));
          var cassandra = new ComparedPlace.Cassandra(copy(server, source, hashes));
          String what = hashes ? "hashes, 6 fields each" : "strings";
          for (int round = 0; round < rounds; round++) {
            rows.add(measured(what + ": Redis with Cassandra", redis, cassandra));
          }
          rows.add(measured(what + ": Redis with Redis", redis, redis));
        }
      }
    }
    report.table(List.of("compared", "seconds", "keys/s"), rows);
  }

  private CassandraTarget copy(CassandraServer server, RedisProcess source, boolean hashes)
      throws IOException {
    String keyspace = hashes ? "verify_h" : "verify_s";
    String uri = CassandraCopies.uri(server, keyspace);
    try (CqlSession session = CassandraCopies.session(server);
        BenchmarkHub hub = BenchmarkHub.of(source, cities.keys())) {
      CassandraCopies.create(server, session, keyspace);
      try (RunningClient client = CassandraCopies.client(hub, uri)) {
        Waiting.until("the copy", () -> client.client().status().state().equals("live"));
      }
    }
    return CassandraTarget.parse(uri);
  }

  private List<String> measured(String what, ComparedPlace from, ComparedPlace to)
      throws IOException {
    long startNs = System.nanoTime();
    Comparison comparison = Verification.compare(from, to, (done, total) -> {});
    double seconds = Waiting.secondsSince(startNs);
    if (!comparison.equal() || comparison.keys() != cities.keys()) {
      throw new IOException(what + ": " + comparison);
    }
    return List.of(
        what,
        String.format(Locale.ROOT, "%.1f", seconds),
        String.format(Locale.ROOT, "%,.0f", cities.keys() / seconds));
  }
}
