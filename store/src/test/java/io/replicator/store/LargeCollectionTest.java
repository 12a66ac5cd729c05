package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LargeCollectionTest {
  private static final int FIELDS = 60_000;

  @TempDir Path directory;
  private StoreFixture fixture;

  @BeforeEach
  void fill() {
    fixture = new StoreFixture(directory);
    fixture.put("before", "1");
    fixture.putFields("large", 0, FIELDS);
    fixture.put("last", "2");
    fixture.commit();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private long rowsOf(Runnable change) {
    long before = fixture.store.tables().rowsWritten();
    change.run();
    fixture.commit();
    return fixture.store.tables().rowsWritten() - before;
  }

  @Test
  void shouldDeleteWithAHandfulOfRows() {
    assertThat(rowsOf(() -> fixture.keys.delete(bytes("large")))).isLessThan(12);
    assertThat(fixture.keys.key(bytes("large"))).isNull();
    assertThat(fixture.keys.field(bytes("large"), bytes("f0000001"))).isNull();
    assertThat(fixture.database.stats().keys()).isEqualTo(2);
    assertThat(fixture.database.stats().bytes()).isEqualTo(12);
    assertThat(fixture.database.stats().tombstones()).isEqualTo(1);
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  @Test
  void shouldReplaceByAnotherTypeWithAHandfulOfRows() {
    assertThat(rowsOf(() -> fixture.put("large", "small now"))).isLessThan(12);
    List<VersionedRecord> all = fixture.catchUp(Cursor.NOTHING, PullLimits.DEFAULT);
    assertThat(all).hasSize(3);
  }

  @Test
  void shouldPassOverStaleLogRowsAndBoundThePull() {
    Cursor before = fixture.at(1);
    fixture.keys.delete(bytes("large"));
    fixture.commit();

    Batch first = fixture.database.pull(before, KeyFilter.ALL, new PullLimits(1 << 20, 1000));
    assertThat(first.records()).isEmpty();
    assertThat(first.frontier()).isFalse();
    assertThat(first.to()).isEqualTo(fixture.at(1002));

    List<VersionedRecord> records = fixture.catchUp(before, PullLimits.DEFAULT);
    assertThat(records).hasSize(2);
    assertThat(records.get(1)).isInstanceOf(VersionedRecord.DeletedKey.class);
  }

  @Test
  void shouldSweepStaleLogRowsEvenAfterReopening() {
    fixture.keys.delete(bytes("large"));
    fixture.commit();
    assertThat(logRows()).isEqualTo(FIELDS + 3);
    fixture.reopen();
    fixture.store.dropTombstones(fixture.nowMs);
    assertThat(logRows()).isEqualTo(3);
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  private int logRows() {
    return StoredRows.count(fixture.store, fixture.store.tables().log, StoreFixture.NAME);
  }

  @Test
  void shouldPullOneRecordForOneChangedField() {
    Cursor before = fixture.now();
    fixture.putField("large", "f0012345", "changed");
    fixture.commit();
    Batch batch = fixture.pull(before);
    assertThat(batch.frontier()).isTrue();
    assertThat(batch.records())
        .singleElement()
        .isInstanceOfSatisfying(
            VersionedRecord.Field.class,
            field -> {
              assertThat(field.field()).isEqualTo(bytes("f0012345"));
              assertThat(field.value()).isEqualTo(bytes("changed"));
            });
  }

  @Test
  void shouldReplaceBySimilarContentWithWhatDiffers() {
    Cursor before = fixture.now();
    Map<Bytes, Bytes> fields = new HashMap<>();
    fixture.keys.forEachField(
        bytes("large"), Bytes.EMPTY, (field, value) -> fields.put(field, value) == null);
    fields.remove(bytes("f0000007"));
    fields.put(bytes("f0000008"), bytes("changed"));
    fields.put(bytes("new"), bytes("one"));
    fixture.keys.replaceCollection(bytes("large"), DataType.HASH, fields, 77);
    fixture.commit();
    Batch batch = fixture.pull(before);
    assertThat(batch.records()).hasSize(4);
    assertThat(batch.records()).filteredOn(r -> r instanceof VersionedRecord.Field).hasSize(2);
    assertThat(batch.records())
        .filteredOn(r -> r instanceof VersionedRecord.DeletedField)
        .hasSize(1);
    assertThat(batch.records())
        .filteredOn(r -> r instanceof VersionedRecord.Header)
        .singleElement()
        .isInstanceOfSatisfying(
            VersionedRecord.Header.class,
            header -> {
              assertThat(header.replaces()).isFalse();
              assertThat(header.expiresAtMs()).isEqualTo(77);
            });
  }

  @Test
  void shouldResumeALoadWithinTheCollectionWhileItChanges() {
    Replica replica = new Replica(KeyFilter.ALL);
    PullLimits limits = new PullLimits(64 * 1024, 100_000);
    replica.pull(fixture.database, limits);
    Batch second = replica.pull(fixture.database, limits);
    assertThat(second.openKey()).isTrue();
    assertThat(replica.cursor).isInstanceOf(Cursor.Loading.class);

    fixture.putField("large", "f0000001", "behind");
    fixture.putField("large", "f0059999", "ahead");
    fixture.keys.removeField(bytes("large"), bytes("f0000002"));
    fixture.keys.removeField(bytes("large"), bytes("f0059998"));
    fixture.keys.expire(bytes("large"), 99);
    fixture.commit();
    int before = replica.records;
    fixture.reopen();
    replica.catchUp(fixture.database, limits);

    assertThat(replica.loads).isEqualTo(1);
    Keyspace.Key copy = replica.copy.keys.get(bytes("large"));
    assertThat(copy.fields).hasSize(FIELDS - 2);
    assertThat(copy.fields.get(bytes("f0000001"))).isEqualTo(bytes("behind"));
    assertThat(copy.fields.get(bytes("f0059999"))).isEqualTo(bytes("ahead"));
    assertThat(copy.expiresAtMs).isEqualTo(99);
    assertThat(replica.records - before).isLessThan(FIELDS);
  }

  @Test
  void shouldResumeALoadWithinACollectionThatWasReplaced() {
    Replica replica = new Replica(KeyFilter.ALL);
    PullLimits limits = new PullLimits(64 * 1024, 100_000);
    replica.pull(fixture.database, limits);
    fixture.keys.replaceCollection(
        bytes("large"), DataType.HASH, Map.of(bytes("x"), bytes("y")), 0);
    fixture.commit();
    replica.catchUp(fixture.database, limits);
    assertThat(replica.copy.keys.get(bytes("large")).fields)
        .containsExactly(Map.entry(bytes("x"), bytes("y")));
  }
}
