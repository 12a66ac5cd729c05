package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PullTest {
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

  @Test
  void shouldReportAFrontierWithoutRecordsAtTheHead() {
    Batch empty = fixture.pull(Cursor.NOTHING);
    assertThat(empty.frontier()).isTrue();
    assertThat(empty.to()).isEqualTo(fixture.at(0));
    fixture.put("k", "v");
    fixture.commit();
    Batch head = fixture.pull(fixture.now());
    assertThat(head.records()).isEmpty();
    assertThat(head.frontier()).isTrue();
    assertThat(head.to()).isEqualTo(fixture.at(1));
  }

  @Test
  void shouldMakeNoVersionForWhatIsThereAlready() {
    fixture.keys.putValue(bytes("k"), DataType.STRING, bytes("v"), 5);
    fixture.putField("h", "f", "v");
    fixture.keys.replaceCollection(bytes("z"), DataType.SET, Map.of(bytes("m"), Bytes.EMPTY), 0);
    fixture.commit();
    long head = fixture.database.head();
    fixture.keys.putValue(bytes("k"), DataType.STRING, bytes("v"), 5);
    fixture.keys.expire(bytes("k"), 5);
    fixture.putField("h", "f", "v");
    fixture.keys.replaceCollection(bytes("z"), DataType.SET, Map.of(bytes("m"), Bytes.EMPTY), 0);
    fixture.keys.delete(bytes("missing"));
    fixture.keys.removeField(bytes("h"), bytes("missing"));
    fixture.commit();
    assertThat(fixture.database.head()).isEqualTo(head);
  }

  @Test
  void shouldMergeChangesOfTheSameRecord() {
    Cursor start = fixture.now();
    for (int i = 0; i < 100; i++) {
      for (int k = 0; k < 10; k++) {
        fixture.put("k" + k, "v" + i);
      }
      fixture.commit();
    }
    assertThat(fixture.database.head()).isEqualTo(1000);
    assertThat(fixture.catchUp(start, PullLimits.DEFAULT)).hasSize(10);
  }

  @Test
  void shouldSendTheHeaderAtItsGenerationWithTheNewestExpiry() {
    Cursor start = fixture.now();
    fixture.putField("h", "f", "v");
    fixture.commit();
    Cursor between = fixture.now();
    fixture.keys.expire(bytes("h"), 50);
    fixture.keys.expire(bytes("h"), 60);
    fixture.commit();

    List<VersionedRecord> whole = fixture.pull(start).records();
    assertThat(whole).hasSize(2);
    assertHeader(whole.get(0), true, 60, 1);
    assertThat(whole.get(1)).isInstanceOf(VersionedRecord.Field.class);

    assertThat(fixture.pull(between).records()).hasSize(1);
    assertHeader(fixture.pull(between).records().get(0), false, 60, 4);

    List<VersionedRecord> pieces = fixture.catchUp(start, new PullLimits(1, 100));
    assertThat(pieces).hasSize(3);
    assertHeader(pieces.get(0), true, 60, 1);
    assertHeader(pieces.get(2), false, 60, 4);
  }

  private static void assertHeader(
      VersionedRecord record, boolean replaces, long expiresAtMs, long version) {
    assertThat(record)
        .isInstanceOfSatisfying(
            VersionedRecord.Header.class,
            header -> {
              assertThat(header.replaces()).isEqualTo(replaces);
              assertThat(header.expiresAtMs()).isEqualTo(expiresAtMs);
              assertThat(header.version()).isEqualTo(version);
              assertThat(header.generation()).isEqualTo(1);
            });
  }

  @Test
  void shouldDeleteTheKeyWithItsLastField() {
    fixture.putField("h", "f", "v");
    fixture.putField("h", "g", "v");
    fixture.commit();
    Cursor before = fixture.now();
    fixture.keys.removeField(bytes("h"), bytes("f"));
    fixture.commit();
    fixture.keys.removeField(bytes("h"), bytes("g"));
    fixture.commit();
    assertThat(fixture.pull(before).records())
        .singleElement()
        .isInstanceOf(VersionedRecord.DeletedKey.class);
    assertThat(fixture.database.stats().tombstones()).isEqualTo(1);
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  @Test
  void shouldForgetTheTombstoneOfARecreatedRecord() {
    fixture.put("k", "v");
    fixture.commit();
    fixture.keys.delete(bytes("k"));
    fixture.commit();
    Cursor before = fixture.now();
    fixture.put("k", "w");
    fixture.commit();
    assertThat(fixture.database.stats().tombstones()).isZero();
    assertThat(fixture.pull(before).records())
        .singleElement()
        .isInstanceOf(VersionedRecord.Header.class);
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  @Test
  void shouldReplicateEveryByteInKeysFieldsAndValues() {
    for (int b = 0; b < 256; b++) {
      Bytes bytes = Bytes.wrap(new byte[] {(byte) b});
      Bytes within = Bytes.wrap(new byte[] {'k', (byte) b, 0, (byte) b});
      fixture.keys.putValue(bytes, DataType.STRING, bytes, 0);
      fixture.keys.putField(within, DataType.HASH, bytes, within);
      fixture.keys.putField(within, DataType.HASH, Bytes.EMPTY, Bytes.EMPTY);
    }
    fixture.keys.putValue(Bytes.EMPTY, DataType.STRING, Bytes.EMPTY, 0);
    fixture.commit();
    Replica loaded = new Replica(KeyFilter.ALL);
    loaded.catchUp(fixture.database, new PullLimits(100, 100));
    Replica followed = new Replica(KeyFilter.ALL);
    followed.cursor = fixture.at(0);
    followed.catchUp(fixture.database, new PullLimits(100, 100));
    assertThat(loaded.copy).isEqualTo(followed.copy);
    assertThat(loaded.copy.keys).hasSize(513);
    for (int b = 0; b < 256; b++) {
      Bytes within = Bytes.wrap(new byte[] {'k', (byte) b, 0, (byte) b});
      assertThat(loaded.copy.keys.get(within).fields)
          .containsEntry(Bytes.wrap(new byte[] {(byte) b}), within)
          .containsEntry(Bytes.EMPTY, Bytes.EMPTY);
    }
  }

  @Test
  void shouldReadOnlyTheRangesThatGlobsCanMatch() {
    for (int i = 0; i < 2000; i++) {
      fixture.put("a" + i, "v");
      fixture.put("quote:" + i, "v");
      fixture.put("z" + i, "v");
    }
    fixture.putFields("b-large", 0, 5000);
    fixture.commit();
    KeyFilter quotes =
        new KeyFilter(
            List.of(KeyGlob.of("quote:1*"), KeyGlob.of("z19*"), KeyGlob.of("quote:1")), List.of());
    Batch batch = fixture.database.pull(Cursor.NOTHING, quotes, new PullLimits(1 << 20, 1300));
    assertThat(batch.endsLoad()).isTrue();
    assertThat(batch.records()).hasSize(1111 + 111);

    KeyFilter notLarge = new KeyFilter(List.of(KeyGlob.of("*")), List.of(KeyGlob.of("b-*")));
    Batch passing = fixture.database.pull(Cursor.NOTHING, notLarge, new PullLimits(1 << 20, 6100));
    assertThat(passing.endsLoad()).isTrue();
    assertThat(passing.records()).hasSize(6000);
  }

  @Test
  void shouldAdvanceWithoutRecordsWhenNothingMatches() {
    for (int i = 0; i < 100; i++) {
      fixture.put("a" + i, "v");
    }
    fixture.commit();
    KeyFilter none = new KeyFilter(List.of(KeyGlob.of("x*")), List.of());
    Batch batch = fixture.database.pull(fixture.at(0), none, new PullLimits(100, 30));
    assertThat(batch.records()).isEmpty();
    assertThat(batch.frontier()).isFalse();
    assertThat(batch.to()).isEqualTo(fixture.at(30));
  }

  @Test
  void shouldTellHowManyChangesOfOtherKeysItReadOver() {
    for (int i = 0; i < 100; i++) {
      fixture.put("a" + i, "v");
      fixture.put("x" + i / 10, "v" + i);
    }
    fixture.commit();
    KeyFilter x = new KeyFilter(List.of(KeyGlob.of("x*")), List.of());
    Batch batch = fixture.database.pull(fixture.at(0), x, PullLimits.DEFAULT);
    assertThat(batch.records()).hasSize(10);
    assertThat(batch.passedOver()).isEqualTo(100);
    assertThat(fixture.database.pull(fixture.at(0), KeyFilter.ALL, PullLimits.DEFAULT).passedOver())
        .isZero();
  }

  @Test
  void shouldHoldFrontiersAndTellOfTheirRelease() {
    AtomicInteger told = new AtomicInteger();
    fixture.database.onHeadMoved(told::incrementAndGet);
    fixture.writer.holdFrontiers(true);
    fixture.put("k", "v");
    fixture.commit();
    assertThat(told).hasValue(1);
    assertThat(fixture.pull(Cursor.NOTHING).frontier()).isFalse();
    assertThat(fixture.pull(fixture.now()).frontier()).isFalse();
    fixture.writer.holdFrontiers(false);
    assertThat(fixture.pull(fixture.now()).frontier()).isFalse();
    fixture.writer.flush(false);
    assertThat(told).hasValue(2);
    assertThat(fixture.pull(fixture.now()).frontier()).isTrue();
  }

  @Test
  void shouldNotHoldFrontiersForAnotherRun() {
    fixture.writer.holdFrontiers(true);
    fixture.put("k", "v");
    fixture.commit();
    fixture.reopen();
    assertThat(fixture.pull(fixture.now()).frontier()).isTrue();
  }

  @Test
  void shouldHoldTheFrontierOfACommitWrittenInParts() throws Exception {
    fixture.put("early", "v");
    fixture.commit();
    fixture.put("k", "v");
    fixture.writer.flush(false);
    assertThat(fixture.database.head()).isEqualTo(2);
    assertThat(fixture.pull(fixture.at(1)).frontier()).isFalse();
    fixture.store.kill();
    fixture.open();
    assertThat(fixture.pull(fixture.at(1)).frontier()).isFalse();
    fixture.put("k", "v");
    fixture.commit();
    assertThat(fixture.pull(fixture.at(1)).frontier()).isTrue();
  }

  @Test
  void shouldRefuseCursorsThatCannotBeContinuedFrom() {
    fixture.put("k", "v");
    fixture.commit();
    assertThat(fixture.database.admit(fixture.at(1))).isEqualTo(new Admission(fixture.at(1), ""));
    assertThat(fixture.database.admit(fixture.at(2)).resetReason()).contains("after the head 1");
    assertThat(fixture.database.admit(new Cursor.At(new Epoch(77), 1)).resetReason())
        .contains("epoch");
    assertThat(fixture.pull(fixture.at(2)).beginsLoad()).isTrue();
  }

  @Test
  void shouldResetCursorsBeforeTheHorizon() {
    fixture.put("k", "v");
    fixture.put("l", "v");
    fixture.commit();
    fixture.keys.delete(bytes("k"));
    fixture.commit();
    Cursor atTombstone = fixture.now();
    fixture.store.dropTombstones(fixture.nowMs + 9_000);
    assertThat(fixture.database.stats().horizon()).isZero();
    fixture.store.dropTombstones(fixture.nowMs + 11_000);
    assertThat(fixture.database.stats().horizon()).isEqualTo(3);
    assertThat(fixture.database.stats().tombstones()).isZero();
    assertThat(fixture.database.admit(fixture.at(2)).resetReason()).contains("tombstones");
    assertThat(fixture.database.admit(atTombstone).cursor()).isEqualTo(atTombstone);
    assertThat(fixture.pull(fixture.at(2)).records()).hasSize(1);
    fixture.reopen();
    assertThat(fixture.database.stats().horizon()).isEqualTo(3);
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  @Test
  void shouldDropTheOldestTombstonesOverTheBudget() {
    for (int i = 0; i < 20_000; i++) {
      fixture.put("key" + i, "v");
    }
    fixture.commit();
    for (int i = 0; i < 20_000; i++) {
      fixture.keys.delete(bytes("key" + i));
    }
    fixture.commit();
    fixture.store.dropTombstones(fixture.nowMs);
    DatabaseStats stats = fixture.database.stats();
    assertThat(stats.tombstones()).isBetween(5_000L, 19_000L);
    assertThat(stats.horizon()).isEqualTo(40_000 - stats.tombstones());
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }
}
