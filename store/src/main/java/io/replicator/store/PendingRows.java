package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.store.PendingKey.PendingField;
import io.replicator.store.PendingKey.StoredField;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;

/**
 * Turns the overlay of one database into rows: for every record that changed, the record itself,
 * its log row in place of the old one, and what belongs to tombstones and expiry. Used for one
 * write, with the store's write lock held.
 */
final class PendingRows {
  private static final byte[] NOTHING = new byte[0];

  private final Tables tables;
  private final RowBatch batch;
  private final RocksDatabase database;
  private final int id;
  private final long horizon;
  private final long nowMs;
  private long tombstones;
  private long tombstoneBytes;

  // Versions whose log rows go.
  private long[] forgotten = new long[64];
  private int forgottenCount;

  PendingRows(Tables tables, RocksDatabase database, RowBatch batch, long nowMs) {
    this.tables = tables;
    this.batch = batch;
    this.database = database;
    this.id = database.id();
    this.horizon = database.published().horizon();
    this.nowMs = nowMs;
  }

  /** How many more tombstones there are for what was added. */
  long tombstones() {
    return tombstones;
  }

  long tombstoneBytes() {
    return tombstoneBytes;
  }

  /**
   * Adds everything pending. Log rows are deleted last and in order, so that within the log's
   * memtable first the new rows and then these follow each other: RocksDB goes on from where it
   * inserted last, and a jump costs it a search.
   */
  void addAll(Collection<PendingKey> entries) {
    for (PendingKey entry : entries) {
      add(entry);
    }
    Arrays.sort(forgotten, 0, forgottenCount);
    for (int i = 0; i < forgottenCount; i++) {
      batch.singleDelete(tables.log, RowKey.versioned(id, forgotten[i]));
    }
  }

  private void add(PendingKey entry) {
    if (entry.seen) {
      batch.put(tables.seen, entry.row, NOTHING);
    }
    // Deletes come first: a field may be gone with the old generation and be back in the new one.
    if (entry.cutOffAt != 0) {
      batch.deleteRange(tables.records, RowKey.fieldsBegin(entry.row), RowKey.fieldsEnd(entry.row));
      batch.put(
          tables.meta,
          MetaRow.of(MetaRow.STALE_GENERATION, id, entry.stored.generation()),
          MetaRow.value(entry.cutOffAt));
    }
    for (StoredField field : entry.removed) {
      batch.delete(tables.records, field.row);
      forget(field.row, field.version, field.tombstone);
    }
    addHeader(entry);
    for (Map.Entry<Bytes, PendingField> field : entry.fields.entrySet()) {
      addField(entry, field.getKey(), field.getValue());
    }
  }

  private void addHeader(PendingKey entry) {
    RecordRow stored = entry.stored;
    RecordRow current = entry.current;
    if (Objects.equals(current, stored)) {
      return;
    }
    if (current == null) {
      throw new IllegalStateException("the stored key " + entry.key + " vanished from the overlay");
    }
    byte[] value = current.encode();
    batch.put(tables.records, entry.row, value);
    tables.recent.put(entry.row, current, value);
    if (stored != null && stored.version() == current.version()) {
      return;
    }
    boolean sameGeneration =
        stored != null
            && stored.isCollection()
            && current.isCollection()
            && stored.generation() == current.generation();
    if (stored != null) {
      if (!sameGeneration || stored.hasGenerationRow()) {
        forget(entry.row, stored.version(), stored.tombstone());
      }
      if (!sameGeneration && stored.hasGenerationRow()) {
        forgetVersion(stored.generation());
      }
    }
    remember(entry.row, current, current.version(), value.length);
    if (!sameGeneration && current.hasGenerationRow()) {
      remember(entry.row, current, current.generation(), value.length);
    }
    bury(entry.row, current);
    addExpiry(entry);
  }

  private void addExpiry(PendingKey entry) {
    long before = entry.stored == null ? 0 : entry.stored.expiresAtMs();
    long after = entry.current.expiresAtMs();
    if (before == after) {
      return;
    }
    if (before != 0) {
      batch.delete(tables.expiry, RowKey.expiry(before, entry.row));
    }
    if (after != 0) {
      batch.put(tables.expiry, RowKey.expiry(after, entry.row), NOTHING);
      database.dueFrom(Math.min(database.dueFrom(), after));
    }
  }

  private void addField(PendingKey entry, Bytes field, PendingField pending) {
    RecordRow stored = pending.stored;
    RecordRow current = pending.current;
    if (current == null || current.equals(stored)) {
      return;
    }
    byte[] row = RowKey.field(entry.row, field);
    byte[] value = current.encode();
    if (stored != null) {
      forget(row, stored.version(), stored.tombstone());
    }
    batch.put(tables.records, row, value);
    remember(row, current, current.version(), value.length);
    bury(row, current);
  }

  private void remember(byte[] row, RecordRow record, long version, int valueLength) {
    batch.put(
        tables.log,
        RowKey.versioned(id, version),
        LogRow.encode(version, record, row, valueLength));
  }

  private void bury(byte[] row, RecordRow record) {
    if (record.tombstone()) {
      batch.put(tables.graves, RowKey.versioned(id, record.version()), GraveRow.encode(nowMs, row));
      tombstones++;
      tombstoneBytes += GraveRow.tombstoneBytes(row);
    }
  }

  private void forgetVersion(long version) {
    if (forgottenCount == forgotten.length) {
      forgotten = Arrays.copyOf(forgotten, 2 * forgottenCount);
    }
    forgotten[forgottenCount++] = version;
  }

  // A tombstone up to the horizon has been dropped since the overlay saw it, and its rows with it.
  private void forget(byte[] row, long version, boolean tombstone) {
    if (tombstone && version <= horizon) {
      return;
    }
    forgetVersion(version);
    if (tombstone) {
      batch.delete(tables.graves, RowKey.versioned(id, version));
      tombstones--;
      tombstoneBytes -= GraveRow.tombstoneBytes(row);
    }
  }
}
