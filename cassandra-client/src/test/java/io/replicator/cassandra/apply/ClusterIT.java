package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.replication.VersionedRecord;
import io.replicator.testkit.cassandra.CassandraCluster;
import io.replicator.testkit.cassandra.CassandraServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Three nodes, three replicas, of which two are enough. */
class ClusterIT {
  private static final int KEYS = 50;

  /** Little enough for nodes to start beside it. */
  private static final Duration ROUND = Duration.ofMillis(100);

  private static final Duration PAUSE_MAX = Duration.ofSeconds(5);

  private static CassandraCluster cluster;

  @BeforeAll
  static void start() {
    cluster = CassandraCluster.start(3);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** Applies one group after the other, each a new value for every key. */
  private static final class Applier extends Thread {
    private final SinkFixture fixture;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger rounds = new AtomicInteger();
    private volatile Throwable failure;
    private long longestNs;

    Applier(SinkFixture fixture) {
      super("applier");
      this.fixture = fixture;
    }

    @Override
    public void run() {
      try {
        while (!ended.get()) {
          long fromNs = System.nanoTime();
          int round = rounds.get();
          fixture.apply(delta(100L + (long) round * KEYS, values("round " + (round + 1))));
          rounds.incrementAndGet();
          longestNs = Math.max(longestNs, System.nanoTime() - fromNs);
          LockSupport.parkNanos(ROUND.toNanos());
        }
      } catch (RuntimeException e) {
        failure = e;
      }
    }

    void awaitRounds(int more) {
      int from = rounds.get();
      Awaitility.await("rounds")
          .atMost(Duration.ofMinutes(1))
          .until(() -> failure != null || rounds.get() >= from + more);
      assertThat(failure).isNull();
    }

    void end() throws InterruptedException {
      ended.set(true);
      join();
      assertThat(failure).isNull();
    }
  }

  private static VersionedRecord[] values(String value) {
    return IntStream.range(0, KEYS)
        .mapToObj(i -> string("key:" + i, value))
        .toArray(VersionedRecord[]::new);
  }

  @Test
  void shouldDemandAReplicationAndGoOnWhileANodeIsKilledAndComesBack() throws Exception {
    CassandraServer first = cluster.nodes().get(0);
    try (var fixture = new SinkFixture(first, "cluster_it")) {
      assertThatThrownBy(fixture::begin)
          .isInstanceOf(CassandraFailedException.class)
          .hasMessageContaining("a cluster of 3 nodes")
          .hasMessageContaining("?replication=");
      fixture.begin(Batches.EPOCH, "&replication=" + CassandraServer.DATA_CENTER + ":3");
      assertThat(fixture.sink.nodesUp()).isEqualTo(3);
      fixture.apply(load(values("loaded")));

      var applier = new Applier(fixture);
      applier.start();
      applier.awaitRounds(20);
      // The one that the client has learnt of the others from.
      first.kill();
      applier.awaitRounds(30);
      assertThat(fixture.sink.nodesUp()).isEqualTo(2);
      first.restart();
      Awaitility.await("the node is used again")
          .atMost(Duration.ofMinutes(1))
          .until(() -> fixture.sink.nodesUp() == 3);
      applier.awaitRounds(30);
      applier.end();
      assertThat(Duration.ofNanos(applier.longestNs))
          .as("the longest that a group took")
          .isLessThan(PAUSE_MAX);
      List<String> expected =
          IntStream.range(0, KEYS)
              .mapToObj(i -> "key:" + i + "|round " + applier.rounds.get())
              .toList();
      assertThat(fixture.rows("SELECT key, value FROM strings"))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }
}
