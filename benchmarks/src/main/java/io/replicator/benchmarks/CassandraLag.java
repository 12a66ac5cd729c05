package io.replicator.benchmarks;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.replicator.app.client.RunningClient;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.cassandra.CassandraServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** From a write at the source until it is readable in a real Cassandra of one node. */
final class CassandraLag implements Scenario {
  private static final int UPDATES_PER_SECOND = 5_000;
  private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int WARM_UP_SECONDS = 90;
  private static final int UPDATED_KEYS = 20_000;

  private final int seconds;

  CassandraLag(int seconds) {
    this.seconds = seconds;
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Cassandra, lag");
    report.line("");
    try (var server = CassandraServer.startFast()) {
      lag(server, report);
    }
  }

  private void lag(CassandraServer server, Report report) throws IOException {
    report.line(
        "HSETs of one field of %,d hashes, %,d a second for %d s, after %d s of the same unmeasured;"
            + " every 5 ms a marker, read in Cassandra all the time. Lag: from sending a marker to the"
            + " source until it, or a later one, is read.",
        UPDATED_KEYS, UPDATES_PER_SECOND, seconds, WARM_UP_SECONDS);
    try (RedisProcess source = RedisServers.start();
        RedisClient redis = RedisClient.create(source.uri());
        StatefulRedisConnection<String, String> connection = redis.connect();
        CqlSession session = CassandraCopies.session(server)) {
      connection.sync().hset("marker", "step", "-1");
      connection.setAutoFlushCommands(false);
      update(connection, 4, new long[UPDATED_KEYS * 2 / UPDATES_PER_SECOND * 200]);
      try (BenchmarkHub hub = BenchmarkHub.of(source, 1)) {
        String keyspace = "replicator_lag";
        CassandraCopies.create(server, session, keyspace);
        try (RunningClient client =
            CassandraCopies.client(hub, CassandraCopies.uri(server, keyspace))) {
          Waiting.until("the copy", () -> client.client().status().state().equals("live"));
          measure(connection, session, keyspace, WARM_UP_SECONDS);
          Histogram lag = measure(connection, session, keyspace, seconds);
          report.table(
              List.of("", "lag ms p50", "p90", "p99", "max"),
              List.of(
                  List.of(
                      "Replicator",
                      milliseconds(lag.getValueAtPercentile(50)),
                      milliseconds(lag.getValueAtPercentile(90)),
                      milliseconds(lag.getValueAtPercentile(99)),
                      milliseconds(lag.getMaxValue()))));
        }
        CassandraCopies.requireEqual(source, CassandraCopies.uri(server, keyspace));
      }
    }
  }

  private static String milliseconds(long us) {
    return String.format(Locale.ROOT, "%.1f", us / 1e3);
  }

  private static Histogram measure(
      StatefulRedisConnection<String, String> connection,
      CqlSession session,
      String keyspace,
      int seconds)
      throws IOException {
    connection.setAutoFlushCommands(true);
    connection.sync().hset("marker", "step", "-1");
    connection.setAutoFlushCommands(false);
    long[] sentNs = new long[(int) (TimeUnit.SECONDS.toNanos(seconds) / STEP_NS)];
    var lagUs = new Histogram(3);
    PreparedStatement select =
        session.prepare(
            "SELECT value FROM "
                + keyspace
                + ".hashes WHERE database = 0 AND key = 'marker' AND field = 'step'");
    // What was there before is no step of this measurement.
    Waiting.until("the first marker", () -> step(session, select) == -1);
    Thread reader =
        new Thread(
            () -> {
              int seen = -1;
              while (seen < sentNs.length - 1) {
                int step = step(session, select);
                long nowNs = System.nanoTime();
                for (; seen < step; seen++) {
                  lagUs.recordValue(TimeUnit.NANOSECONDS.toMicros(nowNs - sentNs[seen + 1]));
                }
                LockSupport.parkNanos(250_000);
              }
            },
            "marker-reader");
    reader.start();
    update(connection, seconds, sentNs);
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return lagUs;
  }

  private static int step(CqlSession session, PreparedStatement select) {
    Row row = session.execute(select.bind()).one();
    return row == null ? -1 : Integer.parseInt(row.getString(0));
  }

  /** Steps of 5 ms, each ended by the marker. */
  private static void update(
      StatefulRedisConnection<String, String> connection, int seed, long[] sentNs) {
    var random = new Random(seed);
    int perStep = (int) (UPDATES_PER_SECOND * STEP_NS / TimeUnit.SECONDS.toNanos(1));
    long startNs = System.nanoTime();
    List<RedisFuture<?>> pending = new ArrayList<>();
    for (int step = 0; step < sentNs.length; step++) {
      for (long waitNs; (waitNs = startNs + step * STEP_NS - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(waitNs);
      }
      for (int i = 0; i < perStep - 1; i++) {
        pending.add(
            connection
                .async()
                .hset(
                    "hash:" + random.nextInt(UPDATED_KEYS),
                    "f" + random.nextInt(6),
                    Long.toString(random.nextLong(), 36)));
      }
      pending.add(connection.async().hset("marker", "step", Integer.toString(step)));
      sentNs[step] = System.nanoTime();
      CassandraCopies.flush(connection, pending);
    }
  }
}
