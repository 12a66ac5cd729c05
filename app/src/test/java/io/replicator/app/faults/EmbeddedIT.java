package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.PullLimits;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a hub has answered of writes into its own databases survives its being killed. */
class EmbeddedIT {
  private static final int KILLS = 4;
  private static final int ANSWERS_BETWEEN_KILLS = 2_000;

  private final long seed = System.nanoTime();

  @Test
  void shouldHaveEveryAnsweredWriteAndNoHalfOneAfterItWasKilled() throws Exception {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (var site = new Site("0")) {
      RedisProcess target = site.redis();
      site.client(target, "--subscribe", EmbeddedWrites.DATABASE + "=0");
      long first = 1;
      Map<String, Set<String>> before = Map.of();
      for (int kill = 0; kill < KILLS; kill++) {
        CommandProcess writing = start(site, first, random.nextLong());
        Awaitility.await("answers")
            .atMost(Site.PATIENCE)
            .pollInterval(Duration.ofMillis(50))
            .failFast("the hub ended", () -> !writing.isAlive())
            .until(() -> answers(writing.out()) > ANSWERS_BETWEEN_KILLS);
        writing.kill();
        Map<String, Set<String>> stored = stored(site);
        assertNothingLost(writing.out(), before, stored);
        before = stored;
        // Beyond every number that this run can have come to.
        first += 1_000_000_000L;
      }
      Map<String, Set<String>> last = before;
      CommandProcess hub =
          site.command(
              "hub",
              "--embedded",
              EmbeddedWrites.DATABASE,
              "--hub",
              "127.0.0.1:" + site.hubPort(),
              "--http",
              "off",
              "--data",
              site.data().toString());
      RedisCommands<String, String> redis = site.commands(target, 0);
      Awaitility.await("the client has what the hub has")
          .atMost(Site.PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .failFast("the hub ended", () -> !hub.isAlive())
          .untilAsserted(() -> assertThat(copied(redis)).isEqualTo(last));
      hub.terminate();
      assertThat(hub.awaitExit(Duration.ofSeconds(30))).as(hub.err()).isZero();
    }
  }

  private static CommandProcess start(Site site, long first, long seed) {
    return site.program(
        EmbeddedWrites.class,
        String.valueOf(site.hubPort()),
        site.data().toString(),
        String.valueOf(first),
        String.valueOf(seed));
  }

  private static long answers(String output) {
    return output.lines().filter(line -> line.startsWith("done")).count();
  }

  /** By key, the numbers that it holds. */
  private static Map<String, Set<String>> stored(Site site) {
    Map<String, Set<String>> held = new HashMap<>();
    try (var store = RocksStore.open(StoreSettings.defaults(site.data()));
        DatabaseSnapshot snapshot = store.database(EmbeddedWrites.DATABASE).snapshot()) {
      assertThat(snapshot.frontier()).isTrue();
      Cursor cursor = Cursor.NOTHING;
      while (!(cursor instanceof Cursor.At)) {
        Batch batch = snapshot.pull(cursor, KeyFilter.ALL, PullLimits.DEFAULT);
        for (VersionedRecord record : batch.records()) {
          Set<String> numbers =
              held.computeIfAbsent(record.key().asUtf8(), name -> new HashSet<>());
          if (record instanceof VersionedRecord.Header header && !header.type().isCollection()) {
            numbers.add(header.value().asUtf8());
          } else if (record instanceof VersionedRecord.Field field) {
            numbers.add(field.value().asUtf8());
          }
        }
        cursor = batch.to();
      }
    }
    return held;
  }

  /**
   * Every key holds the last write of it that was answered, whole, or one that was sent after that.
   */
  private static void assertNothingLost(
      String output, Map<String, Set<String>> before, Map<String, Set<String>> stored) {
    Map<String, List<String>> possible = new HashMap<>();
    // The last line may be cut off.
    for (String line : output.substring(0, output.lastIndexOf('\n')).lines().toList()) {
      String[] words = line.split(" ", 3);
      assertThat(words[0]).as(line).isIn("sent", "done");
      List<String> writes =
          possible.computeIfAbsent(
              words[1],
              key -> new ArrayList<>(List.of(String.join("", before.getOrDefault(key, Set.of())))));
      // Answers come on several threads: one that a later one has overtaken tells nothing more.
      int done = writes.indexOf(words[2]);
      if (words[0].equals("sent")) {
        writes.add(words[2]);
      } else if (done > 0) {
        writes.subList(0, done).clear();
      }
    }
    possible.forEach(
        (key, writes) ->
            assertThat(stored.getOrDefault(key, Set.of()))
                .as("%s after what was answered last or sent since: %s", key, writes)
                .isIn(writes.stream().map(EmbeddedIT::state).toList()));
  }

  private static Set<String> state(String write) {
    return write.isEmpty() || write.startsWith("-") ? Set.of() : Set.of(write);
  }

  private static Map<String, Set<String>> copied(RedisCommands<String, String> redis) {
    Map<String, Set<String>> held = new HashMap<>();
    for (int key = 0; key < EmbeddedWrites.KEYS; key++) {
      String name = "k" + key;
      if (key % 2 == 1) {
        String value = redis.get(name);
        if (value != null) {
          held.put(name, Set.of(value));
        }
      } else {
        Set<String> values = new HashSet<>(redis.hvals(name));
        if (!values.isEmpty()) {
          held.put(name, values);
        }
      }
    }
    return held;
  }
}
