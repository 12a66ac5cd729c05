package io.replicator.store;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * A key in the overlay of what is not yet written: what the store holds and what it will hold.
 * Owned by one {@link OverlayWriter}.
 */
final class PendingKey {
  /** About what an entry takes beside its bytes. */
  static final int OVERHEAD_BYTES = 160;

  final Bytes key;
  final byte[] row;

  /** As stored: live, a tombstone, or null where there is no row. */
  final RecordRow stored;

  /** As it will be stored; the same object as {@link #stored} where nothing changed. */
  RecordRow current;

  /** Fields touched, by name. */
  final TreeMap<Bytes, PendingField> fields = new TreeMap<>();

  /** Whether the stored fields are gone, all of them. */
  boolean cleared;

  /** The version at which they were cut off by a range delete, 0 where one by one. */
  long cutOffAt;

  /** The stored field rows to delete one by one. */
  List<StoredField> removed = List.of();

  /** Whether the load under way has written the key. */
  boolean seen;

  PendingKey(Bytes key, byte[] row, RecordRow stored) {
    this.key = key;
    this.row = row;
    this.stored = stored;
    this.current = stored;
  }

  /** The header of the live key, or null. */
  RecordRow live() {
    return current == null || current.tombstone() ? null : current;
  }

  /** Whether field rows are stored that still count. */
  boolean hasStoredFields() {
    return !cleared && stored != null && stored.isCollection();
  }

  void remove(byte[] fieldRow, byte[] value) {
    if (removed.isEmpty()) {
      removed = new ArrayList<>();
    }
    removed.add(new StoredField(fieldRow, RecordRow.version(value), RecordRow.isTombstone(value)));
  }

  /** A field row of the store. */
  static final class StoredField {
    final byte[] row;
    final long version;
    final boolean tombstone;

    private StoredField(byte[] row, long version, boolean tombstone) {
      this.row = row;
      this.version = version;
      this.tombstone = tombstone;
    }
  }

  /** A field in the overlay; the meaning of its records is that of the key's. */
  static final class PendingField {
    final RecordRow stored;
    RecordRow current;

    PendingField(RecordRow stored) {
      this.stored = stored;
      this.current = stored;
    }

    RecordRow live() {
      return current == null || current.tombstone() ? null : current;
    }
  }
}
