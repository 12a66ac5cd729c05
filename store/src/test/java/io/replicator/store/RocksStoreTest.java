package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RocksStoreTest {
  @TempDir Path directory;

  @Test
  void shouldKeepEverythingOverReopening() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      fixture.put("k", "v");
      fixture.writer.checkpoint("redis", bytes("offset 5"));
      fixture.commit();
      fixture.store.putAttachment("dictionary", bytes("abc"));
      var epoch = fixture.store.epoch();
      DatabaseStats stats = fixture.database.stats();
      fixture.reopen();
      assertThat(fixture.store.epoch()).isEqualTo(epoch);
      assertThat(fixture.database.stats()).isEqualTo(stats);
      assertThat(fixture.store.checkpoint("redis")).isEqualTo(bytes("offset 5"));
      assertThat(fixture.store.checkpoint("other")).isEqualTo(Bytes.EMPTY);
      assertThat(fixture.store.attachment("dictionary")).isEqualTo(bytes("abc"));
      assertThat(fixture.store.databases()).extracting(Database::name).containsExactly("0");
    }
  }

  @Test
  void shouldNotPassACheckpointBeforeItsCommitEnds() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      fixture.put("k", "v");
      fixture.writer.checkpoint("redis", bytes("after k"));
      fixture.writer.flush(false);
      assertThat(fixture.store.checkpoint("redis")).isEqualTo(Bytes.EMPTY);
      fixture.commit();
      assertThat(fixture.store.checkpoint("redis")).isEqualTo(bytes("after k"));
    }
  }

  @Test
  void shouldKeepSixteenDatabasesApart() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      for (int i = 0; i < 16; i++) {
        fixture.writer.database("db" + i).putValue(bytes("k"), DataType.STRING, bytes("v" + i), 0);
      }
      fixture.commit();
      fixture.writer.database("db3").deleteAll();
      fixture.commit();
      for (int i = 0; i < 16; i++) {
        Replica replica = new Replica(KeyFilter.ALL);
        replica.catchUp(fixture.store.database("db" + i), PullLimits.DEFAULT);
        if (i == 3) {
          assertThat(replica.copy.keys).isEmpty();
        } else {
          assertThat(replica.copy.keys.get(bytes("k")).value).isEqualTo(bytes("v" + i));
        }
        assertThat(fixture.store.database("db" + i).head()).isEqualTo(i == 3 ? 2 : 1);
      }
    }
  }

  @Test
  void shouldGoOnAfterAGapWhenTheMachineWentDown() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      fixture.put("k", "v");
      fixture.commit();
      fixture.store.kill();
      fixture.incarnation = new Incarnation("another boot", "files");
      fixture.open();
      long gap = 1L << 32;
      assertThat(fixture.database.head()).isEqualTo(1 + gap);
      assertThat(fixture.database.admit(fixture.at(1)).resetReason()).isEmpty();
      assertThat(fixture.database.admit(fixture.at(2)).resetReason()).contains("unclean end");
      assertThat(fixture.database.admit(fixture.at(gap)).resetReason()).contains("unclean end");
      assertThat(fixture.database.admit(fixture.now()).resetReason()).isEmpty();
      Batch batch = fixture.pull(fixture.at(1));
      assertThat(batch.frontier()).isTrue();
      assertThat(batch.to()).isEqualTo(fixture.now());
      fixture.put("k", "w");
      fixture.commit();
      assertThat(fixture.database.versionsBetween(1, fixture.database.head())).isEqualTo(2);
      fixture.reopen();
      assertThat(fixture.database.head()).isEqualTo(2 + gap);
      assertThat(fixture.database.admit(fixture.at(2)).resetReason()).contains("unclean end");
    }
  }

  @Test
  void shouldNotLeaveAGapWhenOnlyTheProcessDied() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      fixture.put("k", "v");
      fixture.commit();
      fixture.store.kill();
      fixture.open();
      assertThat(fixture.database.head()).isEqualTo(1);
      fixture.store.close();
      fixture.incarnation = new Incarnation("another boot", "files");
      fixture.open();
      assertThat(fixture.database.head()).isEqualTo(1);
      fixture.store.close();
      fixture.incarnation = new Incarnation("another boot", "a copy");
      fixture.open();
      assertThat(fixture.database.head()).isEqualTo(1 + LostRange.LENGTH);
    }
  }

  @Test
  void shouldHaveEverythingThatWasFlushedInACopyTakenWhileOpen() throws IOException {
    Path copy = directory.resolve("copy");
    try (StoreFixture fixture = new StoreFixture(directory.resolve("store"))) {
      fixture.put("k", "v");
      fixture.putFields("h", 0, 100);
      fixture.commit();
      try (Stream<Path> files = Files.walk(directory.resolve("store"))) {
        for (Path file : (Iterable<Path>) files::iterator) {
          Path target = copy.resolve(directory.resolve("store").relativize(file).toString());
          if (Files.isDirectory(file)) {
            Files.createDirectories(target);
          } else {
            Files.copy(file, target);
          }
        }
      }
    }
    try (RocksStore store = RocksStore.open(StoreFixture.settings(copy))) {
      assertThat(store.database("0").stats().keys()).isEqualTo(2);
      assertThat(store.database("0").head()).isEqualTo(102 + LostRange.LENGTH);
      StoredRows.check(store, "0");
    }
  }

  @Test
  void shouldSayThatTheStoreIsOpenAlready() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      assertThatThrownBy(() -> RocksStore.open(fixture.settings))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("open already");
    }
  }

  @Test
  void shouldRefuseAnUnknownFormat() throws IOException {
    Files.writeString(directory.resolve("format"), "replicator-store 99\n");
    assertThatThrownBy(() -> RocksStore.open(StoreFixture.settings(directory)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("replicator-store 99")
        .hasMessageContaining("this release knows");
  }

  @Test
  void shouldRefuseADirectoryOfSomethingElse() throws IOException {
    Files.writeString(directory.resolve("thesis.tex"), "dear");
    assertThatThrownBy(() -> RocksStore.open(StoreFixture.settings(directory)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("holds files but no store");
    assertThatThrownBy(
            () -> RocksStore.open(StoreFixture.settings(directory.resolve("thesis.tex"))))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("is a file");
  }

  @Test
  void shouldRefuseUseAfterClosing() {
    StoreFixture fixture = new StoreFixture(directory);
    fixture.close();
    assertThatThrownBy(() -> fixture.pull(Cursor.NOTHING))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> fixture.put("k", "v")).isInstanceOf(IllegalStateException.class);
    fixture.close();
  }

  @Test
  void shouldRefuseValuesOverTheLimit() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      Bytes large = Bytes.wrap(new byte[fixture.settings.valueBytesMax() + 1]);
      assertThatThrownBy(() -> fixture.keys.putValue(bytes("k"), DataType.STRING, large, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("1048577");
    }
  }

  @Test
  void shouldExpireOnlyWhatIsDue() {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      fixture.keys.putValue(bytes("a"), DataType.STRING, bytes("v"), 100);
      fixture.keys.putValue(bytes("b"), DataType.STRING, bytes("v"), 200);
      fixture.keys.putValue(bytes("c"), DataType.STRING, bytes("v"), 100);
      fixture.keys.expire(bytes("c"), 0);
      fixture.commit();
      assertThat(fixture.store.expireDue("0", 99, 10)).isZero();
      assertThat(fixture.store.expireDue("0", 100, 10)).isEqualTo(1);
      assertThat(fixture.database.stats().keys()).isEqualTo(2);
      assertThat(fixture.keys.key(bytes("a"))).isNull();
    }
  }

  /** Two accounts whose sum every commit keeps: what frontiers show must keep it too. */
  @Test
  void shouldShowOnlyWholeCommitsAtFrontiersWhileWriting() throws Exception {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      transfer(fixture, 0);
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 1; i <= 20_000; i++) {
                  transfer(fixture, i);
                }
              });
      Replica replica = new Replica(KeyFilter.ALL);
      int frontiers = 0;
      boolean last = false;
      while (!last) {
        last = writing.isDone();
        Batch batch = replica.pull(fixture.database, new PullLimits(50, 1000));
        if (batch.frontier()) {
          frontiers++;
          long a = Long.parseLong(replica.copy.keys.get(bytes("a")).value.asUtf8());
          long b = Long.parseLong(replica.copy.keys.get(bytes("b")).value.asUtf8());
          assertThat(a + b).isEqualTo(1_000_000);
        } else {
          last = false;
        }
      }
      writing.get();
      assertThat(frontiers).isPositive();
      assertThat(replica.copy.keys.get(bytes("a")).value).isEqualTo(bytes("20000"));
    }
  }

  private static void transfer(StoreFixture fixture, int amount) {
    fixture.put("a", String.valueOf(amount));
    fixture.put("b", String.valueOf(1_000_000 - amount));
    if (amount % 3 == 0) {
      fixture.keys.delete(bytes("c"));
    } else {
      fixture.put("c", "there");
    }
    fixture.writer.endCommit();
    if (amount % 2 == 0) {
      fixture.writer.flush(false);
    }
  }

  @Test
  void shouldDropTombstonesWhileWriting() throws Exception {
    try (StoreFixture fixture = new StoreFixture(directory)) {
      CompletableFuture<Void> dropping = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                while (!dropping.isDone()) {
                  fixture.store.dropTombstones(fixture.nowMs + 20_000);
                }
              });
      thread.start();
      for (int i = 0; i < 5_000; i++) {
        String key = "k" + i % 7;
        if (i % 3 == 0) {
          fixture.keys.delete(bytes(key));
        } else {
          fixture.put(key, "v" + i);
        }
        fixture.writer.endCommit();
        if (i % 5 == 0) {
          fixture.writer.flush(false);
        }
      }
      fixture.writer.flush(false);
      dropping.complete(null);
      thread.join();
      StoredRows.check(fixture.store, StoreFixture.NAME);
      assertThat(fixture.catchUp(Cursor.NOTHING, PullLimits.DEFAULT))
          .allMatch(record -> record instanceof VersionedRecord.Header);
    }
  }
}
