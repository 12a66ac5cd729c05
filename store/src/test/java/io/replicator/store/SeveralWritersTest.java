package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.replication.KeyFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers beside each other, each with databases of its own. */
final class SeveralWritersTest {
  private static final String OWN = "quotes";

  @TempDir Path directory;
  private StoreFixture fixture;
  private CommitWriter writer;
  private KeyspaceWriter keys;
  private Database own;

  @BeforeEach
  void open() {
    fixture = new StoreFixture(directory);
    take();
  }

  private void take() {
    writer = fixture.store.writer(List.of(OWN));
    keys = writer.database(OWN);
    own = fixture.store.database(OWN);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void put(String key, String value) {
    put(key, value, 0);
  }

  private void put(String key, String value, long expiresAtMs) {
    keys.put(new Entry(bytes(key), DataType.STRING, bytes(value), Map.of(), expiresAtMs));
  }

  private void commit() {
    writer.endCommit();
    writer.flush(true);
  }

  private boolean frontier(Database database) {
    return database
        .pull(
            new Cursor.At(fixture.store.epoch(), database.head()),
            KeyFilter.ALL,
            PullLimits.DEFAULT)
        .frontier();
  }

  @Test
  void shouldFlushNothingOfAnotherWriter() {
    fixture.put("half", "a commit");
    fixture.writer.checkpoint("source", bytes("later"));
    put("whole", "a commit");
    commit();
    assertThat(own.head()).isEqualTo(1);
    assertThat(fixture.database.head()).isZero();
    assertThat(fixture.store.checkpoint("source")).isEqualTo(Bytes.EMPTY);
    fixture.store.kill();
    fixture.open();
    take();
    assertThat(keys.key(bytes("whole")).value()).isEqualTo(bytes("a commit"));
    assertThat(fixture.keys.key(bytes("half"))).isNull();
    StoredRows.check(fixture.store, OWN);
  }

  @Test
  void shouldHoldFrontiersOfItsOwnDatabasesAlone() {
    fixture.writer.holdFrontiers(true);
    fixture.put("k", "v");
    fixture.commit();
    put("k", "v");
    commit();
    assertThat(frontier(fixture.database)).isFalse();
    assertThat(frontier(own)).isTrue();
    writer.holdFrontiers(true);
    put("k", "w");
    commit();
    fixture.writer.holdFrontiers(false);
    fixture.writer.flush(false);
    assertThat(frontier(fixture.database)).isTrue();
    assertThat(frontier(own)).isFalse();
  }

  @Test
  void shouldReleaseFrontiersThatTheWriterBeforeHeld() {
    fixture.writer.holdFrontiers(true);
    fixture.put("k", "v");
    fixture.commit();
    CommitWriter taken = fixture.store.writer(List.of(StoreFixture.NAME));
    assertThat(frontier(fixture.database)).isTrue();
    assertThat(taken.database(StoreFixture.NAME).key(bytes("k"))).isNotNull();
  }

  @Test
  void shouldTearNoCommitOfAnotherWriter() {
    Bytes large = Bytes.wrap(new byte[1 << 20]);
    put("a", "half");
    for (int i = 0; i < 20; i++) {
      fixture.keys.putValue(bytes("k" + i), DataType.STRING, large, 0);
    }
    assertThat(fixture.database.head()).as("parts are written").isPositive();
    assertThat(frontier(fixture.database)).isFalse();
    assertThat(own.head()).isZero();
    assertThat(frontier(own)).isTrue();
    commit();
    assertThat(own.head()).isEqualTo(1);
    assertThat(frontier(own)).isTrue();
    assertThat(frontier(fixture.database)).isFalse();
  }

  @Test
  void shouldRefuseWhoeverWroteTheDatabaseBefore() {
    CommitWriter taken = fixture.store.writer(List.of(OWN));
    assertThatThrownBy(() -> put("k", "v"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another writer")
        .hasMessageContaining(OWN);
    assertThatThrownBy(() -> writer.database(OWN)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> fixture.writer.database(OWN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(OWN);
    assertThatThrownBy(() -> keys.deleteAll()).isInstanceOf(IllegalStateException.class);
    taken.database(OWN).putValue(bytes("k"), DataType.STRING, bytes("v"), 0);
    taken.endCommit();
    taken.flush(false);
    assertThat(own.head()).isEqualTo(1);
  }

  @Test
  void shouldNotTakeADatabaseWithChangesPending() {
    put("k", "v");
    assertThatThrownBy(() -> fixture.store.writer(List.of("other", OWN)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("version 1");
    commit();
    assertThat(own.head()).isEqualTo(1);
    // Refused as a whole: whoever asked for both has neither.
    fixture.writer.database("other").putValue(bytes("k"), DataType.STRING, bytes("v"), 0);
  }

  @Test
  void shouldKeepEveryWriterApartWhenTheyWriteAtOnce() throws Exception {
    Random seeds = new Random(7);
    long seed = seeds.nextLong();
    CompletableFuture<Map<String, String>> captured =
        CompletableFuture.supplyAsync(
            () -> write(fixture.writer, fixture.keys, new Random(seed), false));
    CompletableFuture<Map<String, String>> embedded =
        CompletableFuture.supplyAsync(() -> write(writer, keys, new Random(seed + 1), true));
    CompletableFuture<Void> retention =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; !captured.isDone() || !embedded.isDone(); i++) {
                fixture.store.dropTombstones(fixture.nowMs + 20_000);
              }
            });
    Map<String, String> first = captured.get(60, TimeUnit.SECONDS);
    Map<String, String> second = embedded.get(60, TimeUnit.SECONDS);
    retention.get(60, TimeUnit.SECONDS);
    fixture.store.kill();
    fixture.open();
    assertThat(stored(StoreFixture.NAME)).isEqualTo(first);
    assertThat(stored(OWN)).isEqualTo(second);
    StoredRows.check(fixture.store, StoreFixture.NAME);
    StoredRows.check(fixture.store, OWN);
  }

  private static Map<String, String> write(
      CommitWriter writer, KeyspaceWriter keys, Random random, boolean sync) {
    Map<String, String> model = new TreeMap<>();
    for (int i = 0; i < 3_000; i++) {
      String key = "k" + random.nextInt(200);
      if (random.nextInt(4) == 0) {
        keys.delete(bytes(key));
        model.remove(key);
      } else {
        String value = "v" + random.nextInt(10);
        keys.putValue(bytes(key), DataType.STRING, bytes(value), 0);
        model.put(key, value);
      }
      writer.endCommit();
      if (random.nextInt(10) == 0) {
        writer.flush(sync);
      }
    }
    writer.flush(sync);
    return model;
  }

  private Map<String, String> stored(String name) {
    Replica replica = new Replica(KeyFilter.ALL);
    replica.catchUp(fixture.store.database(name), PullLimits.DEFAULT);
    Map<String, String> values = new TreeMap<>();
    replica.copy.keys.forEach((key, held) -> values.put(key.toString(), held.value.toString()));
    return values;
  }

  @Test
  void shouldKnowWhenTheNextKeyIsDue() {
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(Long.MAX_VALUE);
    put("late", "v", 5_000_000);
    commit();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(5_000_000);
    put("soon", "v", 2_000_000);
    put("other", "v", 3_000_000);
    commit();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(2_000_000);
    assertThat(fixture.store.expireDue(OWN, 1_999_999, 10)).isZero();
    assertThat(fixture.store.expireDue(OWN, 3_000_000, 1)).isEqualTo(1);
    assertThat(keys.key(bytes("soon"))).isNull();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(3_000_000);
    // Earlier than what was looked at last.
    put("again", "v", 1_000);
    commit();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(1_000);
    assertThat(fixture.store.expireDue(OWN, 3_000_000, 10)).isEqualTo(2);
    keys.expire(bytes("late"), 0);
    commit();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(Long.MAX_VALUE);
    fixture.reopen();
    take();
    assertThat(fixture.store.nextDue(OWN)).isEqualTo(Long.MAX_VALUE);
    StoredRows.check(fixture.store, OWN);
  }

  @Test
  void shouldGiveAPutKeyTheNewestVersion() {
    Map<Bytes, Bytes> fields =
        new TreeMap<>(Map.of(bytes("f"), bytes("1"), bytes("g"), bytes("1")));
    Entry hash = new Entry(bytes("h"), DataType.HASH, Bytes.EMPTY, fields, 0);
    long version = keys.put(hash);
    assertThat(keys.version(bytes("h"))).isEqualTo(version);
    commit();
    assertThat(version).isEqualTo(own.head());
    assertThat(keys.version(bytes("h"))).isEqualTo(version);
    assertThat(keys.put(hash)).isEqualTo(version);
    fields.remove(bytes("g"));
    long less = keys.put(hash);
    commit();
    assertThat(less).isGreaterThan(version).isEqualTo(own.head());
    assertThat(keys.put(new Entry(bytes("h"), DataType.HASH, Bytes.EMPTY, fields, 77)))
        .isGreaterThan(less);
    commit();
    assertThat(keys.key(bytes("h")).expiresAtMs()).isEqualTo(77);
    keys.delete(bytes("h"));
    assertThat(keys.version(bytes("h"))).isZero();
    commit();
    StoredRows.check(fixture.store, OWN);
  }
}
