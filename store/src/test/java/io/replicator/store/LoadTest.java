package io.replicator.store;

import static io.replicator.store.StoreFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Full copies of a source. */
final class LoadTest {
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

  private void fill() {
    for (int i = 0; i < 1000; i++) {
      fixture.put("k" + i, "v");
    }
    fixture.putFields("large", 0, 300);
    fixture.commit();
  }

  @Test
  void shouldDeleteKeysThatTheSourceNoLongerHas() {
    fill();
    var before = fixture.now();
    fixture.writer.beginLoad(StoreFixture.NAME);
    for (int i = 0; i < 1000; i += 2) {
      fixture.put("k" + i, i == 0 ? "changed" : "v");
      fixture.commit();
    }
    assertThat(fixture.database.stats().loading()).isTrue();
    fixture.writer.endLoad(StoreFixture.NAME);
    fixture.commit();
    assertThat(fixture.database.stats().keys()).isEqualTo(500);
    var records = fixture.catchUp(before, PullLimits.DEFAULT);
    assertThat(records).hasSize(502);
    assertThat(records).filteredOn(r -> r instanceof VersionedRecord.DeletedKey).hasSize(501);
    assertThat(StoredRows.count(fixture.store, fixture.store.tables().seen, StoreFixture.NAME))
        .isZero();
    StoredRows.check(fixture.store, StoreFixture.NAME);
  }

  @Test
  void shouldTellOfTheFrontierWhenNothingChanged() {
    fill();
    AtomicInteger told = new AtomicInteger();
    fixture.writer.beginLoad(StoreFixture.NAME);
    fixture.writer.flush(false);
    fixture.database.onHeadMoved(told::incrementAndGet);
    assertThat(fixture.pull(fixture.now()).frontier()).isFalse();
    for (int i = 0; i < 1000; i++) {
      fixture.put("k" + i, "v");
    }
    fixture.putFields("large", 0, 300);
    fixture.commit();
    assertThat(told).hasValue(0);
    var head = fixture.now();
    fixture.writer.endLoad(StoreFixture.NAME);
    fixture.commit();
    assertThat(told).hasValue(1);
    assertThat(fixture.now()).isEqualTo(head);
    assertThat(fixture.pull(head).frontier()).isTrue();
  }

  @Test
  void shouldBeginAnewWhenALoadBrokeOff() {
    fill();
    fixture.writer.beginLoad(StoreFixture.NAME);
    fixture.put("k1", "v");
    fixture.commit();
    fixture.store.kill();
    fixture.open();
    assertThat(fixture.database.stats().loading()).isTrue();
    assertThat(fixture.pull(fixture.now()).frontier()).isFalse();
    fixture.writer.beginLoad(StoreFixture.NAME);
    fixture.put("k2", "v");
    fixture.writer.endCommit();
    fixture.writer.endLoad(StoreFixture.NAME);
    fixture.commit();
    assertThat(fixture.keys.key(bytes("k1"))).isNull();
    assertThat(fixture.database.stats().keys()).isEqualTo(1);
    assertThat(fixture.pull(fixture.now()).frontier()).isTrue();
  }

  @Test
  void shouldMarkNothingWhenTheDatabaseWasEmpty() {
    fixture.writer.beginLoad(StoreFixture.NAME);
    fill();
    assertThat(StoredRows.count(fixture.store, fixture.store.tables().seen, StoreFixture.NAME))
        .isZero();
    fixture.writer.endLoad(StoreFixture.NAME);
    fixture.commit();
    assertThat(fixture.database.stats().keys()).isEqualTo(1001);
  }

  @Test
  void shouldKeepAKeyOpenWhileNewerFieldsArePassedOver() {
    fixture.putFields("large", 0, 40);
    fixture.commit();
    var limits = new PullLimits(1 << 20, 8);
    var batch = fixture.database.pull(Cursor.NOTHING, KeyFilter.ALL, limits);
    assertThat(batch.openKey()).isTrue();
    for (int i = 4; i < 36; i++) {
      fixture.putField("large", String.format("f%07d", i), "changed");
    }
    fixture.commit();
    int idle = 0;
    while (batch.to() instanceof Cursor.Loading) {
      assertThat(batch.openKey()).isTrue();
      batch = fixture.database.pull(batch.to(), KeyFilter.ALL, limits);
      idle += batch.records().isEmpty() ? 1 : 0;
    }
    assertThat(idle).isPositive();
  }
}
