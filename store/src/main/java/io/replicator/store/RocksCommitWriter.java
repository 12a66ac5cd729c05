package io.replicator.store;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A writer of a store: what its databases have pending becomes one RocksDB batch.
 *
 * <p>Writes happen at {@link #flush}, at the end of a commit when much is pending, and, where one
 * commit alone is too much, within it. Then, and when {@link #flush} comes before a commit has
 * ended, the databases that the commit has changed are marked as torn in the same batch, which
 * holds their frontiers until the write that follows its end. The mark outlives a crash: whoever
 * captures then repeats the commit.
 *
 * <p>Guarded by the store's write lock, which all its writers share; waiting for the disk goes on
 * without it. After a failed write nothing is accepted any more: what the overlays assume to be
 * stored may not be.
 */
final class RocksCommitWriter implements CommitWriter {
  private final RocksStore store;
  private final Tables tables;
  private final Object lock;
  private final StoreSettings settings;
  private final LongSupplier clockMs;
  private final Map<String, OverlayWriter> databases = new LinkedHashMap<>();
  private final RowBatch batch = new RowBatch();

  // Of the commit that has not ended, and of those that have.
  private final Map<String, Bytes> laterCheckpoints = new HashMap<>();
  private final Map<String, Bytes> checkpoints = new HashMap<>();
  private boolean held;
  private RuntimeException failure;

  RocksCommitWriter(
      RocksStore store, Tables tables, Object lock, StoreSettings settings, LongSupplier clockMs) {
    this.store = store;
    this.tables = tables;
    this.lock = lock;
    this.settings = settings;
    this.clockMs = clockMs;
  }

  Object lock() {
    return lock;
  }

  /** A database has been made or opened; with the lock held. */
  void add(RocksDatabase database) {
    databases.put(database.name(), new OverlayWriter(database, tables, this, settings));
  }

  /** Fails while another writer must not have the database; with the lock held. */
  void requireNothingPending(String name) {
    overlay(name).requireNothingPending();
  }

  /** Another writer has the database from now on; with the lock held. */
  void give(String name) {
    databases.remove(name).give();
  }

  @Override
  public KeyspaceWriter database(String name) {
    return overlay(name);
  }

  private OverlayWriter overlay(String name) {
    synchronized (lock) {
      requireUsable();
      OverlayWriter overlay = databases.get(name);
      if (overlay == null) {
        store.database(name);
        overlay = databases.get(name);
      }
      if (overlay == null) {
        throw new IllegalStateException("another writer has been given database " + name);
      }
      return overlay;
    }
  }

  @Override
  public void endCommit() {
    synchronized (lock) {
      requireUsable();
      for (OverlayWriter database : databases.values()) {
        database.endCommit();
      }
      checkpoints.putAll(laterCheckpoints);
      laterCheckpoints.clear();
      relieve();
    }
  }

  @Override
  public long pendingBytes() {
    synchronized (lock) {
      long bytes = 0;
      for (OverlayWriter database : databases.values()) {
        bytes += database.pendingBytes();
      }
      return bytes;
    }
  }

  @Override
  public void checkpoint(String source, Bytes position) {
    synchronized (lock) {
      (inCommit() ? laterCheckpoints : checkpoints).put(source, position);
    }
  }

  private boolean inCommit() {
    for (OverlayWriter database : databases.values()) {
      if (database.inCommit()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void beginLoad(String database) {
    synchronized (lock) {
      overlay(database).beginLoad();
    }
  }

  @Override
  public void endLoad(String database) {
    synchronized (lock) {
      OverlayWriter overlay = overlay(database);
      if (overlay.loading()) {
        // The sweep compares what is stored.
        write(List.of(overlay), Map.of());
        overlay.deleteUnseen();
        overlay.endLoad();
      }
    }
  }

  @Override
  public void holdFrontiers(boolean hold) {
    synchronized (lock) {
      held = hold;
    }
  }

  @Override
  public void flush(boolean sync) {
    synchronized (lock) {
      requireUsable();
      write(databases.values(), checkpoints);
      checkpoints.clear();
    }
    if (sync) {
      store.sync();
    }
  }

  /** Writes what is pending where it has become too much; any change may be followed by this. */
  void relieve() {
    if (pendingBytes() > settings.writeBatchBytesMax()) {
      write(databases.values(), checkpoints);
      checkpoints.clear();
    }
  }

  /**
   * Deletes due keys of one database as a commit of its own and writes them; 0 while it is busy.
   */
  int expire(String name, List<Bytes> keys, long nowMs) {
    synchronized (lock) {
      OverlayWriter database = overlay(name);
      if (database.inCommit()) {
        return 0;
      }
      int expired = 0;
      for (Bytes key : keys) {
        KeyspaceWriter.KeyState state = database.key(key);
        if (state != null && state.expiresAtMs() != 0 && state.expiresAtMs() <= nowMs) {
          database.delete(key);
          database.endCommit();
          expired++;
        }
      }
      if (expired > 0) {
        write(List.of(database), Map.of());
      }
      return expired;
    }
  }

  private void write(Iterable<OverlayWriter> written, Map<String, Bytes> positions) {
    long nowMs = clockMs.getAsLong();
    long holdingRun = held ? store.run() : 0;
    List<Standing> standings = new ArrayList<>();
    batch.clear();
    try {
      for (OverlayWriter database : written) {
        standings.add(database.write(batch, holdingRun, nowMs));
      }
      positions.forEach(
          (source, position) ->
              batch.put(tables.meta, MetaRow.checkpoint(source), position.toArray()));
      if (batch.count() > 0) {
        tables.write(batch, false);
      }
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      batch.clear();
    }
    List<RocksDatabase> moved = new ArrayList<>();
    int i = 0;
    for (OverlayWriter database : written) {
      Standing before = database.database().published();
      Standing after = standings.get(i++);
      database.written(after);
      boolean frontier = after.allowsFrontier(store.run());
      if (after.head() != before.head() || (frontier && !before.allowsFrontier(store.run()))) {
        moved.add(database.database());
      }
    }
    // Afterwards: whatever a listener does, no overlay keeps what has been written.
    moved.forEach(RocksDatabase::tellListeners);
  }

  void requireUsable() {
    if (failure != null) {
      throw new StoreException(
          "the store takes no more writes since one failed; open it again", failure);
    }
    store.requireOpen();
  }
}
