package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.replication.Bytes;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.testkit.InMemorySink;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client gets the databases and keys that it asks for, where it wants them, and no others. */
final class SubscriptionIT {
  private final TwoSites sites = TwoSites.start();

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @Test
  void shouldFollowSixteenDatabasesAtOnceInTheOrderGiven() {
    int[] databases = IntStream.range(0, 16).map(i -> 15 - i).toArray();
    for (int database : databases) {
      sites.atSource(database, user -> fill(user, "loaded", database));
    }
    sites.hub(IntStream.of(databases).mapToObj(String::valueOf).collect(Collectors.joining(",")));
    sites.client("").awaitLive();
    for (int database : databases) {
      sites.atSource(database, user -> fill(user, "followed", database));
    }

    sites.awaitEqual(databases);
    List<DatabaseStatus> served = sites.hubStatus().databases();
    assertThat(served)
        .extracting(DatabaseStatus::name)
        .containsExactly(IntStream.of(databases).mapToObj(String::valueOf).toArray(String[]::new));
    assertThat(served.subList(0, 4))
        .extracting(DatabaseStatus::qos)
        .containsExactly("realtime", "high", "low", "idle");
    assertThat(served.subList(3, 16)).allSatisfy(db -> assertThat(db.qos()).isEqualTo("idle"));
    for (int database : databases) {
      sites.atTarget(
          database,
          user -> assertThat(user.text("GET", "followed:of")).isEqualTo("database " + database));
    }
  }

  private static void fill(RedisUser user, String prefix, int database) {
    user.add("SET", prefix + ":of", "database " + database);
    for (int i = 0; i < 500; i++) {
      user.add("HSET", prefix + ":hash:" + i, "database", database, "i", i);
    }
  }

  @Test
  void shouldMapDatabasesAndFilterKeys() {
    sites.atSource(0, user -> user.add("SET", "a:1", "of 0").add("SET", "b:1", "of 0"));
    sites.atSource(1, user -> user.add("SET", "a:1", "of 1").add("SET", "b:1", "of 1"));
    sites.hub("0,1").client("0=5:a:*,1=0").awaitLive();
    sites.atSource(0, user -> user.add("SET", "a:2", "of 0").add("SET", "b:2", "of 0"));
    sites.atSource(1, user -> user.add("SET", "a:2", "of 1").add("SET", "b:2", "of 1"));

    var onlyA = new KeyFilter(List.of(KeyGlob.of("a:*")), List.of());
    sites.awaitMark(0, 5, "a:mark");
    sites.awaitMark(1, 0, "b:mark");
    sites.assertEqual(0, 5, onlyA);
    sites.assertEqual(1, 0, KeyFilter.ALL);
    sites.atTarget(
        5,
        user -> {
          assertThat(user.text("GET", "a:2")).isEqualTo("of 0");
          assertThat(user.number("EXISTS", "b:1", "b:2")).isZero();
        });
    sites.atTarget(1, user -> assertThat(user.number("DBSIZE")).isZero());
  }

  @Test
  void shouldNeverPutAnExcludedKeyOnTheWire() {
    RedisUser source = sites.sourceUser(0);
    write(source, "loaded");
    sites.hub("0");
    var sink = new InMemorySink();
    sites.client("picky", "0:quote:*,0:news:[ab]?", sink);
    awaitThat("loaded", () -> assertThat(sites.lane("picky", "0").state()).isEqualTo("live"));
    write(source, "followed");
    source.add("DEL", "secret:loaded:1", "secret:loaded:hash:2", "quote:loaded:3");
    source
        .add("RENAME", "secret:loaded:4", "quote:now")
        .add("RENAME", "quote:loaded:4", "secret:now");
    source.add("PEXPIRE", "secret:loaded:5", 1).add("HDEL", "secret:loaded:hash:6", "f");
    source.add("SET", "quote:last", "1").flush();
    awaitThat(
        "the last key", () -> assertThat(sink.content("0")).containsKey(Bytes.utf8("quote:last")));

    List<VersionedRecord> received =
        sink.groups().stream()
            .flatMap(group -> group.batches().stream())
            .flatMap(batch -> batch.records().stream())
            .toList();
    assertThat(received)
        .isNotEmpty()
        .allSatisfy(record -> assertThat(record.key().asUtf8()).matches("quote:.*|news:[ab]."));
    assertThat(sink.content("0").keySet().stream().map(Bytes::asUtf8))
        .contains("news:a1", "quote:now", "quote:followed:hash:7")
        .doesNotContain("quote:loaded:3", "quote:loaded:4", "news:c1", "news:a12");
    // Nothing was sent that did not arrive, so nothing was sent and thrown away on arrival.
    assertThat(sites.lane("picky", "0").records()).isEqualTo(received.size());
    assertThat(sink.violations()).isEmpty();
  }

  private static void write(RedisUser user, String when) {
    for (int i = 0; i < 200; i++) {
      for (String prefix : List.of("quote:", "secret:")) {
        user.add("SET", prefix + when + ":" + i, i);
        user.add("HSET", prefix + when + ":hash:" + i, "f", i, "g", i);
      }
    }
    for (String key : List.of("news:a1", "news:b2", "news:c1", "news:a12", "news:", "xquote:1")) {
      user.add("SET", key, when);
    }
    user.flush();
  }
}
