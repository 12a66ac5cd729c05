package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** States that are held while others are written. */
final class SnapshotTest {
  @TempDir Path directory;
  private StoreFixture fixture;

  @BeforeEach
  void open() {
    fixture = new StoreFixture(directory);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private static Replica read(DatabaseSnapshot snapshot, KeyFilter filter, PullLimits limits) {
    Replica replica = new Replica(filter);
    while (!(replica.cursor instanceof Cursor.At)) {
      replica.apply(snapshot.pull(replica.cursor, filter, limits));
    }
    assertThat(replica.cursor).isEqualTo(snapshot.cursor());
    return replica;
  }

  private static KeyFilter only(Bytes key) {
    return new KeyFilter(List.of(KeyGlob.literal(key)), List.of());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void shouldReadOneStateWhateverIsWrittenMeanwhile(long seed) {
    Random random = new Random(seed);
    Keyspace model = new Keyspace();
    List<DatabaseSnapshot> held = new ArrayList<>();
    List<Keyspace> expected = new ArrayList<>();
    for (int step = 0; step < 600; step++) {
      change(random, model);
      if (random.nextInt(3) == 0) {
        fixture.commit();
      }
      if (random.nextInt(40) == 0) {
        fixture.commit();
        held.add(fixture.database.snapshot());
        expected.add(model.copy());
      }
      if (random.nextInt(60) == 0) {
        fixture.nowMs += 20_000;
        fixture.store.dropTombstones(fixture.nowMs);
      }
    }
    fixture.commit();
    assertThat(held).hasSizeGreaterThan(3);
    for (int i = 0; i < held.size(); i++) {
      for (String glob : List.of("*", "k1*", "k3")) {
        KeyFilter filter = new KeyFilter(List.of(KeyGlob.of(glob)), List.of());
        PullLimits limits = new PullLimits(1 + random.nextInt(200), 1 + random.nextInt(30));
        Replica replica = read(held.get(i), filter, limits);
        assertThat(replica.copy)
            .as("seed %s snapshot %s glob %s", seed, i, glob)
            .isEqualTo(expected.get(i).filtered(filter));
      }
      // What follows from its cursor leads to the newest state: nothing is missed.
      Replica follower = read(held.get(i), KeyFilter.ALL, PullLimits.DEFAULT);
      follower.catchUp(fixture.database, PullLimits.DEFAULT);
      assertThat(follower.copy).as("seed %s after snapshot %s", seed, i).isEqualTo(model);
      held.get(i).close();
    }
  }

  private void change(Random random, Keyspace model) {
    Bytes key = bytes("k" + random.nextInt(20));
    Keyspace.Key present = model.keys.get(key);
    switch (random.nextInt(6)) {
      case 0 -> {
        fixture.keys.delete(key);
        model.keys.remove(key);
      }
      case 1 -> {
        fixture.keys.putValue(key, DataType.STRING, bytes("v" + random.nextInt(5)), 0);
        Bytes value = fixture.keys.key(key).value();
        Keyspace.Key made = new Keyspace.Key(DataType.STRING);
        made.value = value;
        model.keys.put(key, made);
      }
      default -> {
        Keyspace.Key hash =
            present != null && present.type == DataType.HASH
                ? present
                : new Keyspace.Key(DataType.HASH);
        model.keys.put(key, hash);
        for (int i = random.nextInt(30); i >= 0; i--) {
          Bytes field = bytes("f" + random.nextInt(150));
          Bytes value = bytes("v" + random.nextInt(100));
          fixture.keys.putField(key, DataType.HASH, field, value);
          hash.fields.put(field, value);
        }
      }
    }
  }

  @Test
  void shouldReadWhileAnotherThreadWrites() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      fixture.put("k" + i, "0");
    }
    fixture.commit();
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              // Every commit gives all keys the same value: a state with two of them is none.
              for (int round = 1; !done.get(); round++) {
                for (int i = 0; i < 2_000; i++) {
                  fixture.put("k" + i, String.valueOf(round));
                }
                fixture.commit();
              }
            });
    for (int i = 0; i < 20; i++) {
      try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
        Replica replica = read(snapshot, KeyFilter.ALL, new PullLimits(1 << 20, 97));
        assertThat(replica.copy.keys).hasSize(2_000);
        assertThat(replica.copy.keys.values().stream().map(key -> key.value).distinct()).hasSize(1);
      }
    }
    done.set(true);
    writing.get(30, TimeUnit.SECONDS);
  }

  @Test
  void shouldReadOneKeyAndNoRowsOfOthers() {
    Bytes zero = Bytes.wrap(new byte[] {'k', 0});
    Bytes longer = Bytes.wrap(new byte[] {'k', 0, 'x'});
    Bytes starred = bytes("k*[a]");
    for (Bytes key : List.of(bytes("k"), zero, longer, starred, bytes("kk"))) {
      fixture.keys.putField(key, DataType.HASH, bytes("f"), key);
      fixture.keys.putField(key, DataType.HASH, bytes("g"), key);
    }
    fixture.commit();
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      for (Bytes key : List.of(bytes("k"), zero, longer, starred, bytes("kk"))) {
        // Three rows are all that it may look at: a fourth would end the batch before the end.
        Batch batch = snapshot.pull(Cursor.NOTHING, only(key), new PullLimits(1 << 20, 4));
        assertThat(batch.to()).isEqualTo(snapshot.cursor());
        assertThat(batch.records()).hasSize(3);
        assertThat(batch.records()).allMatch(record -> record.key().equals(key));
      }
      Batch none = snapshot.pull(Cursor.NOTHING, only(bytes("absent")), PullLimits.DEFAULT);
      assertThat(none.records()).isEmpty();
      assertThat(none.to()).isEqualTo(snapshot.cursor());
    }
  }

  @Test
  void shouldReadOverlappingGlobsOnce() {
    for (String key : List.of("a", "a1", "a2", "b", "c*", "cc")) {
      fixture.put(key, "v");
    }
    fixture.commit();
    KeyFilter filter =
        new KeyFilter(
            List.of(
                KeyGlob.of("a1"),
                KeyGlob.of("a*"),
                KeyGlob.literal(bytes("c*")),
                KeyGlob.of("a"),
                KeyGlob.of("a1")),
            List.of(KeyGlob.of("a2")));
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      List<Bytes> keys = new ArrayList<>();
      Cursor cursor = Cursor.NOTHING;
      while (!(cursor instanceof Cursor.At)) {
        Batch batch = snapshot.pull(cursor, filter, new PullLimits(1 << 20, 1));
        batch.records().forEach(record -> keys.add(record.key()));
        cursor = batch.to();
      }
      assertThat(keys).containsExactly(bytes("a"), bytes("a1"), bytes("c*"));
    }
  }

  @Test
  void shouldTellTheVersionOfAKey() {
    fixture.put("s", "v");
    fixture.putField("h", "f", "v");
    fixture.putField("h", "g", "v");
    fixture.put("gone", "v");
    fixture.keys.delete(bytes("gone"));
    fixture.commit();
    long removed;
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      assertThat(snapshot.version(bytes("s"))).isEqualTo(1);
      assertThat(snapshot.version(bytes("h"))).isEqualTo(4);
      assertThat(snapshot.version(bytes("gone"))).isZero();
      assertThat(snapshot.version(bytes("absent"))).isZero();
      fixture.keys.removeField(bytes("h"), bytes("f"));
      fixture.commit();
      removed = fixture.database.head();
      assertThat(snapshot.version(bytes("h"))).isEqualTo(4);
    }
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      assertThat(snapshot.version(bytes("h"))).isEqualTo(removed);
      Batch batch = snapshot.pull(Cursor.NOTHING, only(bytes("h")), PullLimits.DEFAULT);
      assertThat(batch.records().stream().mapToLong(VersionedRecord::version).max()).hasValue(4);
    }
  }

  @Test
  void shouldTellWhetherTheStateIsOneThatTheSourceHad() {
    fixture.put("k", "v");
    fixture.commit();
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      assertThat(snapshot.frontier()).isTrue();
      fixture.writer.holdFrontiers(true);
      fixture.put("k", "w");
      fixture.commit();
      assertThat(snapshot.frontier()).isTrue();
      assertThat(snapshot.pull(Cursor.NOTHING, KeyFilter.ALL, PullLimits.DEFAULT).frontier())
          .isTrue();
    }
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      assertThat(snapshot.frontier()).isFalse();
    }
  }

  @Test
  void shouldRefuseACursorOfAnotherState() {
    fixture.put("a", "v");
    fixture.put("b", "v");
    fixture.commit();
    PullLimits one = new PullLimits(1 << 20, 1);
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      Cursor inside = snapshot.pull(Cursor.NOTHING, KeyFilter.ALL, one).to();
      assertThat(inside).isInstanceOf(Cursor.Loading.class);
      fixture.put("c", "v");
      fixture.commit();
      try (DatabaseSnapshot later = fixture.database.snapshot()) {
        assertThatThrownBy(() -> later.pull(inside, KeyFilter.ALL, one))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("version 3");
      }
      assertThatThrownBy(() -> snapshot.pull(snapshot.cursor(), KeyFilter.ALL, one))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void shouldBeClosedOnce() {
    fixture.put("k", "v");
    fixture.commit();
    DatabaseSnapshot snapshot = fixture.database.snapshot();
    snapshot.close();
    assertThatCode(snapshot::close).doesNotThrowAnyException();
    assertThatThrownBy(() -> snapshot.pull(Cursor.NOTHING, KeyFilter.ALL, PullLimits.DEFAULT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> snapshot.version(bytes("k")))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldEndWithTheStore() {
    fixture.put("k", "v");
    fixture.commit();
    DatabaseSnapshot snapshot = fixture.database.snapshot();
    fixture.store.close();
    assertThatThrownBy(() -> snapshot.pull(Cursor.NOTHING, KeyFilter.ALL, PullLimits.DEFAULT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatCode(snapshot::close).doesNotThrowAnyException();
    assertThatThrownBy(() -> fixture.database.snapshot()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldGoOnAfterAnyKey() {
    List<Bytes> keys =
        List.of(bytes("a"), Bytes.wrap(new byte[] {'a', 0}), bytes("ab"), bytes("b"));
    for (Bytes key : keys) {
      fixture.keys.putField(key, DataType.HASH, bytes("f"), bytes("1"));
    }
    fixture.commit();
    try (DatabaseSnapshot snapshot = fixture.database.snapshot()) {
      for (int i = 0; i < keys.size(); i++) {
        Batch rest = snapshot.pull(snapshot.after(keys.get(i)), KeyFilter.ALL, PullLimits.DEFAULT);

        assertThat(rest.records().stream().map(VersionedRecord::key).distinct())
            .containsExactlyElementsOf(keys.subList(i + 1, keys.size()));
      }
      Batch all = snapshot.pull(snapshot.after(Bytes.EMPTY), KeyFilter.ALL, PullLimits.DEFAULT);
      assertThat(all.records()).hasSize(2 * keys.size());
    }
  }
}
