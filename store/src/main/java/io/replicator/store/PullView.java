package io.replicator.store;

import io.replicator.replication.Epoch;
import java.util.List;
import org.rocksdb.ReadOptions;
import org.rocksdb.Snapshot;

/** What one pull sees of a database: one state of it. Confined to one thread. */
final class PullView implements AutoCloseable {
  private final RocksDatabase database;
  private final Tables tables;
  private final Snapshot snapshot;
  private final ReadOptions options;
  private final Standing standing;

  PullView(RocksDatabase database, Tables tables, Snapshot snapshot, Standing standing) {
    this.database = database;
    this.tables = tables;
    this.snapshot = snapshot;
    this.options = new ReadOptions().setSnapshot(snapshot);
    this.standing = standing;
  }

  PullView(RocksDatabase database, Tables tables, Snapshot snapshot) {
    this(database, tables, snapshot, standing(database, tables, snapshot));
  }

  /** What the snapshot says of the database. */
  static Standing standing(RocksDatabase database, Tables tables, Snapshot snapshot) {
    try (ReadOptions options = new ReadOptions().setSnapshot(snapshot)) {
      return Standing.decode(
          tables.get(tables.meta, options, MetaRow.of(MetaRow.STANDING, database.id())));
    }
  }

  Standing standing() {
    return standing;
  }

  /** Whether a copy of this state equals one that the source had. */
  boolean allowsFrontier() {
    return standing.allowsFrontier(database.run());
  }

  int database() {
    return database.id();
  }

  Epoch epoch() {
    return database.epoch();
  }

  /** Whether fields of this generation were cut off in, or before, the state seen here. */
  boolean isStale(long generation) {
    if (database.staleGenerations().isEmpty()) {
      return false;
    }
    Long cutOff = database.staleGenerations().get(generation);
    return cutOff != null && cutOff <= standing.head();
  }

  RowScan records() {
    return tables.scan(tables.records, RowKey.databaseEnd(database.id()), snapshot);
  }

  RowScan log() {
    return tables.scan(tables.log, RowKey.databaseEnd(database.id()), snapshot);
  }

  /** The record of {@code row} at exactly this version when that is at hand, otherwise null. */
  byte[] recent(byte[] row, long version) {
    byte[] record = tables.recent.get(row);
    return record != null && RecordRow.version(record) == version ? record : null;
  }

  List<byte[]> records(List<byte[]> rows) {
    return tables.get(tables.records, options, rows);
  }

  @Override
  public void close() {
    options.close();
  }
}
