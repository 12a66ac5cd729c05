package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.cassandra.connection.LinkTally;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchSink;
import io.replicator.testkit.cassandra.CassandraServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server that refuses what is too much for it, as it can be told to. */
class OverloadedTargetIT {
  private static final int REQUESTS_PER_SECOND = 1_000;
  private static final int KEYS = 6_000;

  private static CassandraServer server;

  @BeforeAll
  static void start() {
    server =
        CassandraServer.start(
            "native_transport_rate_limiting_enabled: true",
            "native_transport_max_requests_per_second: " + REQUESTS_PER_SECOND,
            "native_transport_throw_on_overload: true");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void shouldAskForLessWhileRefusedLoseNothingAndRecover() {
    try (var fixture = new SinkFixture(server, "overloaded_it")) {
      fixture.begin();
      VersionedRecord[] records =
          IntStream.range(0, KEYS)
              .mapToObj(i -> string("key:" + i, "value"))
              .toArray(VersionedRecord[]::new);
      int limitAtFirst = fixture.sink.linkTally().limit();
      CompletableFuture<BatchSink.Applied> loaded =
          fixture.sink.apply(SinkFixture.FEED, List.of(load(records))).toCompletableFuture();
      Awaitility.await("a lower limit")
          .atMost(Duration.ofMinutes(1))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> fixture.sink.linkTally().limit() < limitAtFirst / 4);
      assertThat(SinkFixture.await(loaded).records()).isEqualTo(KEYS);
      LinkTally tally = fixture.sink.linkTally();
      assertThat(tally.sentAgain()).as("refused: %s", tally).isPositive();
      assertThat(tally.failed()).isZero();
      assertThat(fixture.rows("SELECT key FROM strings")).hasSize(KEYS);

      // What it can bear goes through at once.
      fixture.apply(delta(100, string("key:0", "new")));
      assertThat(fixture.rows("SELECT value FROM strings WHERE database = 0 AND key = 'key:0'"))
          .containsExactly("new");
    }
  }
}
