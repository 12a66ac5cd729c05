package io.replicator.cassandra.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.streams.HubIdentity;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random histories of a database, pulled from a real store in random batches and applied by clients
 * that are broken off, killed, set back, reset and doubled. Whenever they have caught up, every
 * table holds what the database holds, and nothing else. Set {@code cassandra.seed} to repeat a
 * failure (where a kill hits differs each time), {@code cassandra.seeds} to run more.
 */
@ExtendWith(SharedCassandra.class)
class RandomHistoryIT {
  private static final int STEPS = 150;

  @TempDir Path directory;

  private Random random;
  private SinkFixture fixture;
  private RandomHub hub;
  private Client client;

  /** Whether some collections are declared so. */
  private boolean large;

  /** Null but for a while. */
  private Client second;

  static Stream<Long> seeds() {
    Long seed = Long.getLong("cassandra.seed");
    if (seed != null) {
      return Stream.of(seed);
    }
    long first = System.nanoTime();
    return Stream.iterate(first, n -> n + 1).limit(Integer.getInteger("cassandra.seeds", 4));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shouldEqualTheDatabaseAtEveryFrontier(long seed, CassandraServer server) {
    System.out.println("cassandra.seed=" + seed);
    random = new Random(seed);
    try (var newFixture = new SinkFixture(server, "history_it");
        var newHub = new RandomHub(random, directory)) {
      fixture = newFixture;
      hub = newHub;
      client = new Client();
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      settle();
      client.end();
    }
  }

  private void step() {
    int choice = random.nextInt(1000);
    if (choice < 450) {
      hub.commit();
    } else if (choice < 820) {
      (second != null && random.nextBoolean() ? second : client).advance();
    } else if (choice < 850) {
      client.end();
      // Several clients have the same settings.
      large ^= second == null && random.nextInt(3) == 0;
      client = new Client();
    } else if (choice < 880) {
      if (second == null) {
        second = new Client();
      } else {
        settle();
        second.end();
        second = null;
      }
    } else if (choice < 900) {
      hub.dropTombstones();
    } else if (choice < 915) {
      client.startOver();
    } else if (choice < 925) {
      settle();
      if (second != null) {
        second.end();
        second = null;
      }
      hub.beginEpoch();
      client.reopen();
    } else if (choice < 960) {
      settle();
    }
  }

  /** Everybody catches up. */
  private void settle() {
    hub.deleteExpired();
    client.catchUp();
    if (second != null) {
      second.catchUp();
    }
    check();
  }

  private void check() {
    List<String> actual = new ArrayList<>();
    for (Table table : Table.values()) {
      List<String> columns = new ArrayList<>(List.of("key"));
      columns.addAll(table.rowColumns());
      List<String> values = table.valueColumns();
      if (!values.isEmpty()) {
        columns.add(values.get(0));
        columns.add("TTL(" + values.get(0) + ")");
      }
      for (String row :
          fixture.rows("SELECT " + String.join(", ", columns) + " FROM " + table.tableName())) {
        actual.add(table.directoryName() + "|" + withExpiry(row, !values.isEmpty()));
      }
    }
    actual.sort(null);
    List<String> large = new ArrayList<>();
    List<String> entries = fixture.rows("SELECT key, type, expires_ms FROM keys");
    List<String> expectedEntries = new ArrayList<>();
    hub.keys.forEach(
        (name, key) -> {
          String type = key.type.name().toLowerCase(java.util.Locale.ROOT);
          String entry = RandomHub.escaped(name) + "|large_" + type + "|" + key.expiresAtMs;
          if (entries.contains(entry)) {
            large.add(name);
          } else {
            entry = RandomHub.escaped(name) + "|" + type + "|" + key.expiresAtMs;
          }
          expectedEntries.add(entry);
        });
    assertThat(entries).as("directory").containsExactlyInAnyOrderElementsOf(expectedEntries);
    assertThat(actual).as("rows").isEqualTo(hub.rows(large));
  }

  private static String withExpiry(String row, boolean hasTtl) {
    if (!hasTtl) {
      return row + "|";
    }
    int last = row.lastIndexOf('|');
    return row.substring(0, last) + (row.endsWith("|null") ? "|" : "|expires");
  }

  /** A process that follows the hub. */
  private final class Client {
    private CassandraSink sink;
    private Cursor cursor;
    private boolean failing;

    Client() {
      begin();
    }

    private void begin() {
      sink =
          new CassandraSink(
              fixture.target(large ? "&large=big*" : ""),
              Map.of("0", fixture.database),
              (feed, batches) -> {
                if (failing) {
                  throw new IllegalStateException("broken off");
                }
              },
              System::currentTimeMillis,
              random.nextBoolean() ? 4 : 1 << 10);
      reopen();
    }

    /** As a client does for each session. */
    void reopen() {
      SinkFixture.await(sink.connect());
      cursor =
          SinkFixture.await(sink.cursors()).getOrDefault(SinkFixture.FEED.key(), Cursor.NOTHING);
      SinkFixture.await(
          sink.open(new HubIdentity("hub", Batches.EPOCH, List.of()), List.of(SinkFixture.FEED)));
    }

    void end() {
      SinkFixture.await(sink.close());
    }

    /** The hub does not accept the cursor. */
    void startOver() {
      cursor = Cursor.NOTHING;
    }

    /** Some batches, while the hub goes on. */
    void advance() {
      List<Batch> batches = new ArrayList<>();
      Cursor reached = cursor;
      for (int i = random.nextInt(4); i >= 0; i--) {
        Batch batch = hub.pull(reached);
        if (batch.beginsLoad()) {
          batches.clear();
        }
        batches.add(batch);
        reached = batch.to();
        if (random.nextInt(3) == 0) {
          hub.commit();
        }
      }
      int trouble = second == null ? random.nextInt(100) : 100;
      if (trouble < 3) {
        kill(batches);
      } else if (trouble < 20) {
        breakOff(batches);
      } else {
        SinkFixture.await(apply(batches));
        cursor = reached;
      }
    }

    /** In as many calls at a time as the sink takes, or fewer. */
    private CompletableFuture<Void> apply(List<Batch> batches) {
      List<CompletableFuture<?>> calls = new ArrayList<>();
      int from = 0;
      for (int to = 1; to <= batches.size(); to++) {
        boolean cut = calls.size() + 1 < sink.appliesMax() && random.nextBoolean();
        if (cut || to == batches.size()) {
          calls.add(sink.apply(SinkFixture.FEED, batches.subList(from, to)).toCompletableFuture());
          from = to;
        }
      }
      return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new));
    }

    /** All is written but the cursor. */
    private void breakOff(List<Batch> batches) {
      failing = true;
      try {
        SinkFixture.await(apply(batches));
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageMatching("broken off|.* is not open: open it again");
      }
      failing = false;
      reopen();
    }

    /** Somewhere in the middle, or even after all. */
    private void kill(List<Batch> batches) {
      CompletableFuture<Void> applied = apply(batches);
      LockSupport.parkNanos(random.nextInt(15_000_000));
      end();
      try {
        applied.orTimeout(20, TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        assertThat(e.getCause()).isNotInstanceOf(java.util.concurrent.TimeoutException.class);
      }
      begin();
    }

    void catchUp() {
      Batch batch;
      do {
        batch = hub.pull(cursor);
        SinkFixture.await(sink.apply(SinkFixture.FEED, List.of(batch)));
        cursor = batch.to();
      } while (!batch.frontier());
    }
  }
}
