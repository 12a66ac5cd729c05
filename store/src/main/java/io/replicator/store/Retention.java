package io.replicator.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/**
 * Drops what is kept only for a while: tombstones that are too old or too many, and log rows of
 * collections that were cut off by a range delete.
 *
 * <p>Tombstones go in version order, so that the horizon of a database says of every version
 * whether its tombstone may be gone. Each batch is small and written with the store's write lock
 * held, the record read again under it: one that has come to life keeps its rows.
 */
final class Retention {
  private static final int BATCH_ROWS = 1000;
  private static final int SWEEP_ROWS_MAX = 1_000_000;

  private final Tables tables;
  private final Object lock;
  private final StoreSettings settings;

  Retention(Tables tables, Object lock, StoreSettings settings) {
    this.tables = tables;
    this.lock = lock;
    this.settings = settings;
  }

  /** Called by one thread at a time. */
  void dropTombstones(Collection<RocksDatabase> databases, long nowMs) {
    long oldestMs = nowMs - settings.tombstoneRetention().toMillis();
    for (RocksDatabase database : databases) {
      while (drop(database, oldestMs, Long.MAX_VALUE)) {
        // The next batch.
      }
    }
    dropOverBudget(databases);
    for (RocksDatabase database : databases) {
      sweepLog(database);
    }
  }

  private void dropOverBudget(Collection<RocksDatabase> databases) {
    while (true) {
      long bytes = 0;
      RocksDatabase oldest = null;
      long oldestMs = Long.MAX_VALUE;
      for (RocksDatabase database : databases) {
        bytes += database.published().tombstoneBytes();
        long writtenMs = oldestGraveMs(database);
        if (writtenMs < oldestMs) {
          oldestMs = writtenMs;
          oldest = database;
        }
      }
      long excess = bytes - settings.tombstoneBytesMax();
      if (excess <= 0 || oldest == null) {
        return;
      }
      drop(oldest, Long.MAX_VALUE, excess);
    }
  }

  private long oldestGraveMs(RocksDatabase database) {
    try (RowScan graves = tables.scan(tables.graves, RowKey.databaseEnd(database.id()))) {
      return graves.seek(firstGrave(database))
          ? GraveRow.writtenMs(graves.value())
          : Long.MAX_VALUE;
    }
  }

  // Not from the beginning of the database: RocksDB would pass over all that was dropped before.
  private static byte[] firstGrave(RocksDatabase database) {
    return RowKey.versioned(database.id(), 0);
  }

  /**
   * Drops tombstones written before {@code oldestMs}, oldest first, until {@code bytes} are free or
   * the batch is full; returns whether there may be more.
   */
  private boolean drop(RocksDatabase database, long oldestMs, long bytes) {
    synchronized (lock) {
      List<byte[]> graveRows = new ArrayList<>();
      List<byte[]> recordRows = new ArrayList<>();
      long freedBytes = 0;
      boolean more;
      try (RowScan graves = tables.scan(tables.graves, RowKey.databaseEnd(database.id()))) {
        more = graves.seek(firstGrave(database));
        while (more && graveRows.size() < BATCH_ROWS && freedBytes < bytes) {
          byte[] grave = graves.value();
          if (GraveRow.writtenMs(grave) >= oldestMs) {
            more = false;
            break;
          }
          byte[] recordRow = GraveRow.recordRow(grave);
          graveRows.add(graves.key());
          recordRows.add(recordRow);
          freedBytes += GraveRow.tombstoneBytes(recordRow);
          more = graves.next();
        }
      }
      if (!graveRows.isEmpty()) {
        drop(database, graveRows, recordRows, freedBytes);
      }
      return more;
    }
  }

  private void drop(
      RocksDatabase database, List<byte[]> graveRows, List<byte[]> recordRows, long freedBytes) {
    List<byte[]> records = tables.get(tables.records, recordRows);
    Standing before = database.published();
    RowBatch batch = new RowBatch();
    long horizon = before.horizon();
    for (int i = 0; i < graveRows.size(); i++) {
      byte[] record = records.get(i);
      long version = RowKey.number(graveRows.get(i));
      batch.delete(tables.graves, graveRows.get(i));
      if (record != null && RecordRow.isTombstone(record) && RecordRow.version(record) == version) {
        batch.delete(tables.records, recordRows.get(i));
        batch.singleDelete(tables.log, RowKey.versioned(database.id(), version));
        horizon = version;
      }
    }
    Standing after =
        before.withTombstones(
            horizon, before.tombstones() - graveRows.size(), before.tombstoneBytes() - freedBytes);
    batch.put(tables.meta, MetaRow.of(MetaRow.STANDING, database.id()), after.encode());
    tables.write(batch, false);
    database.publish(after);
  }

  /**
   * Removes log rows of generations that were cut off. Safe beside everything else: such a
   * generation never comes back, and nobody but this deletes its rows.
   */
  private void sweepLog(RocksDatabase database) {
    NavigableMap<Long, Long> stale = database.staleGenerations();
    if (stale.isEmpty()) {
      return;
    }
    int rows = 0;
    for (Map.Entry<Long, Long> generation : stale.entrySet()) {
      rows += sweepGeneration(database, generation.getKey(), generation.getValue());
      if (rows >= SWEEP_ROWS_MAX) {
        return;
      }
    }
  }

  // The fields of a generation have versions between its own and that of its end.
  private int sweepGeneration(RocksDatabase database, long generation, long cutOffAt) {
    int rows = 0;
    RowBatch batch = new RowBatch();
    try (RowScan log = tables.scan(tables.log, RowKey.versioned(database.id(), cutOffAt))) {
      boolean found = log.seek(RowKey.versioned(database.id(), generation));
      for (; found; found = log.next()) {
        rows++;
        byte[] key = log.key();
        byte[] value = log.value();
        long of = LogRow.generation(value, RowKey.number(key));
        if (LogRow.isField(value) && of == generation) {
          batch.singleDelete(tables.log, key);
        }
        if (batch.count() == BATCH_ROWS) {
          tables.write(batch, false);
          batch.clear();
        }
      }
    }
    batch.delete(tables.meta, MetaRow.of(MetaRow.STALE_GENERATION, database.id(), generation));
    tables.write(batch, false);
    database.staleGenerations().remove(generation);
    return rows;
  }
}
