package io.replicator.store;

import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/**
 * Rows of one column family in order, up to an end. On the state as of its making, or of a
 * snapshot. Confined to one thread; holds native memory until closed.
 */
final class RowScan implements AutoCloseable {
  private final Tables tables;
  private final Slice end;
  private final ReadOptions options;
  private final RocksIterator iterator;

  RowScan(Tables tables, RowBatch.ColumnFamily family, byte[] end, Snapshot snapshot) {
    this.tables = tables;
    this.end = new Slice(end);
    this.options = new ReadOptions().setIterateUpperBound(this.end);
    if (snapshot != null) {
      options.setSnapshot(snapshot);
    }
    this.iterator = tables.iterator(family, options);
  }

  /** Goes to the first row at or after {@code row}; returns whether there is one. */
  boolean seek(byte[] row) {
    iterator.seek(row);
    return valid();
  }

  boolean next() {
    iterator.next();
    return valid();
  }

  private boolean valid() {
    if (iterator.isValid()) {
      return true;
    }
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw tables.failed("reading rows of", e);
    }
    return false;
  }

  byte[] key() {
    return iterator.key();
  }

  byte[] value() {
    return iterator.value();
  }

  @Override
  public void close() {
    iterator.close();
    options.close();
    end.close();
  }
}
