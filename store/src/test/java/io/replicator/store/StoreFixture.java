package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A store in a directory with a clock that the test moves; one database by default. */
final class StoreFixture implements AutoCloseable {
  static final String NAME = "0";

  final StoreSettings settings;
  RocksStore store;
  CommitWriter writer;
  KeyspaceWriter keys;
  Database database;
  Incarnation incarnation = new Incarnation("boot", "files");
  long nowMs = 1_000_000;

  StoreFixture(Path directory) {
    this(settings(directory));
  }

  StoreFixture(StoreSettings settings) {
    this.settings = settings;
    open();
  }

  static StoreSettings settings(Path directory) {
    return new StoreSettings(directory, Duration.ofSeconds(10), 1 << 20, 1 << 20, 8 << 20, 8 << 20);
  }

  void open() {
    store = RocksStore.open(settings, () -> nowMs, directory -> incarnation);
    writer = store.writer();
    keys = writer.database(NAME);
    database = store.database(NAME);
  }

  void reopen() {
    store.close();
    open();
  }

  /** Ends the commit and writes it. */
  void commit() {
    writer.endCommit();
    writer.flush(false);
  }

  void put(String key, String value) {
    keys.putValue(bytes(key), DataType.STRING, bytes(value), 0);
  }

  void putField(String key, String field, String value) {
    keys.putField(bytes(key), DataType.HASH, bytes(field), bytes(value));
  }

  void putFields(String key, int from, int to) {
    for (int i = from; i < to; i++) {
      putField(key, String.format("f%07d", i), "v" + i);
    }
  }

  Cursor at(long version) {
    return new Cursor.At(store.epoch(), version);
  }

  Cursor now() {
    return at(database.head());
  }

  Batch pull(Cursor from) {
    return database.pull(from, KeyFilter.ALL, PullLimits.DEFAULT);
  }

  /** The records of a whole catch-up from a cursor. */
  List<VersionedRecord> catchUp(Cursor from, PullLimits limits) {
    List<VersionedRecord> records = new ArrayList<>();
    Batch batch;
    Cursor cursor = from;
    do {
      batch = database.pull(cursor, KeyFilter.ALL, limits);
      assertThat(batch.to()).isNotEqualTo(cursor);
      cursor = batch.to();
      records.addAll(batch.records());
    } while (!batch.frontier());
    return records;
  }

  static Bytes bytes(String text) {
    return Bytes.utf8(text);
  }

  @Override
  public void close() {
    store.close();
  }
}
