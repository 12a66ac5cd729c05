package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import java.util.Arrays;
import org.rocksdb.Snapshot;

/**
 * A state of a database, pinned by a RocksDB snapshot that the store releases: when this is closed,
 * or at the latest when the store is. Each read takes the store's lease for itself, so that one
 * which is forgotten does not keep the store from closing. Locked, so that whoever gives up on a
 * reader may close it from another thread: that waits for the read under way.
 */
final class PinnedState implements DatabaseSnapshot {
  private final RocksStore store;
  private final RocksDatabase database;
  private final Tables tables;
  private final Snapshot snapshot;
  private final Standing standing;

  PinnedState(
      RocksStore store,
      RocksDatabase database,
      Tables tables,
      Snapshot snapshot,
      Standing standing) {
    this.store = store;
    this.database = database;
    this.tables = tables;
    this.snapshot = snapshot;
    this.standing = standing;
  }

  @Override
  public Cursor.At cursor() {
    return new Cursor.At(store.epoch(), standing.head());
  }

  @Override
  public boolean frontier() {
    return standing.allowsFrontier(store.run());
  }

  @Override
  public synchronized Batch pull(Cursor from, KeyFilter filter, PullLimits limits) {
    requireOwn(from);
    return store.leased(
        snapshot,
        () -> {
          try (PullView view = new PullView(database, tables, snapshot, standing)) {
            return new LoadPull(view, from, filter, limits).read();
          }
        });
  }

  private void requireOwn(Cursor from) {
    boolean own =
        from instanceof Cursor.Nothing
            || (from instanceof Cursor.Loading loading
                && loading.epoch().equals(store.epoch())
                && loading.version() == standing.head());
    if (!own) {
      throw new IllegalArgumentException(
          from + " is no position in the state at version " + standing.head());
    }
  }

  @Override
  public Cursor.Loading after(Bytes key) {
    byte[] row = RowKey.fieldsEnd(RowKey.header(database.id(), key));
    Bytes position = Bytes.wrap(row, RowKey.DATABASE_BYTES, row.length - RowKey.DATABASE_BYTES);
    return new Cursor.Loading(store.epoch(), standing.head(), position.compact());
  }

  @Override
  public synchronized long version(Bytes key) {
    return store.leased(
        snapshot,
        () -> {
          try (PullView view = new PullView(database, tables, snapshot, standing);
              RowScan rows = view.records()) {
            return newest(rows, RowKey.header(database.id(), key));
          }
        });
  }

  private static long newest(RowScan rows, byte[] header) {
    byte[] end = RowKey.fieldsEnd(header);
    boolean found = rows.seek(header);
    if (!found || !Arrays.equals(rows.key(), header)) {
      return 0;
    }
    RecordRow record = RecordRow.decode(rows.value(), true);
    long newest = record.tombstone() ? 0 : record.version();
    if (!record.isCollection()) {
      return newest;
    }
    while (rows.next() && Arrays.compareUnsigned(rows.key(), end) < 0) {
      newest = Math.max(newest, RecordRow.version(rows.value()));
    }
    return newest;
  }

  @Override
  public synchronized void close() {
    store.unpin(snapshot);
  }

  @Override
  public String toString() {
    return database + " at version " + standing.head();
  }
}
