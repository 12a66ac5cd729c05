package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.rocksdb.Snapshot;

/**
 * One database: what is published of it, who listens, and how it is read.
 *
 * <p>Any thread. {@link #publish} and what concerns stale generations are called with the store's
 * write lock held. A pull reads the {@link Standing} and the records through one RocksDB snapshot,
 * so what it says about the head and the frontier is true of exactly the records that it saw,
 * however many writes go on meanwhile.
 */
final class RocksDatabase implements Database {
  private final RocksStore store;
  private final Tables tables;
  private final int id;
  private final String name;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final List<LostRange> lostRanges;
  private final ConcurrentSkipListMap<Long, Long> staleGenerations;
  private volatile Standing published;
  private volatile long dueFrom;

  RocksDatabase(
      RocksStore store,
      Tables tables,
      int id,
      String name,
      Standing standing,
      List<LostRange> lostRanges,
      ConcurrentSkipListMap<Long, Long> staleGenerations) {
    this.store = store;
    this.tables = tables;
    this.id = id;
    this.name = name;
    this.published = standing;
    this.lostRanges = List.copyOf(lostRanges);
    this.staleGenerations = staleGenerations;
  }

  @Override
  public String name() {
    return name;
  }

  int id() {
    return id;
  }

  Epoch epoch() {
    return store.epoch();
  }

  long run() {
    return store.run();
  }

  Standing published() {
    return published;
  }

  /**
   * Generations that were cut off by a range delete and have log rows left, each with the version
   * at which that happened.
   */
  ConcurrentSkipListMap<Long, Long> staleGenerations() {
    return staleGenerations;
  }

  /**
   * No key is due before. A look at what is due begins here: before it are the marks of many rows
   * that were deleted, which RocksDB would have to pass over. Changed with the write lock held.
   */
  long dueFrom() {
    return dueFrom;
  }

  void dueFrom(long dueMs) {
    dueFrom = dueMs;
  }

  @Override
  public long head() {
    return published.head();
  }

  @Override
  public DatabaseStats stats() {
    Standing now = published;
    return new DatabaseStats(
        now.keys(), now.head(), now.horizon(), now.tombstones(), now.bytes(), now.loading());
  }

  @Override
  public long versionsBetween(long from, long to) {
    long versions = Math.max(0, to - from);
    for (LostRange lost : lostRanges) {
      versions -= lost.overlap(from, to);
    }
    return Math.max(0, versions);
  }

  @Override
  public Admission admit(Cursor cursor) {
    // As written, which a pull may have seen and told its client before it is published.
    byte[] row = MetaRow.of(MetaRow.STANDING, id);
    return store.leased(() -> admit(cursor, Standing.decode(tables.get(tables.meta, row))));
  }

  private Admission admit(Cursor cursor, Standing now) {
    if (cursor instanceof Cursor.At at) {
      return admit(cursor, at.epoch(), at.version(), now);
    }
    if (cursor instanceof Cursor.Loading loading) {
      return admit(cursor, loading.epoch(), loading.version(), now);
    }
    return new Admission(Cursor.NOTHING, "");
  }

  private Admission admit(Cursor cursor, Epoch epoch, long version, Standing now) {
    if (!epoch.equals(store.epoch())) {
      return reset("the cursor is of epoch " + epoch + ", this store is " + store.epoch());
    }
    if (version > now.head()) {
      return reset("the cursor's version " + version + " is after the head " + now.head());
    }
    if (version < now.horizon()) {
      return reset(
          "the cursor's version "
              + version
              + " is before "
              + now.horizon()
              + ", up to which tombstones have been dropped");
    }
    for (LostRange lost : lostRanges) {
      if (lost.contains(version)) {
        return reset(
            "the cursor's version "
                + version
                + " is one of those after "
                + lost.after()
                + " that an unclean end may have lost");
      }
    }
    return new Admission(cursor, "");
  }

  private static Admission reset(String reason) {
    return new Admission(Cursor.NOTHING, reason);
  }

  @Override
  public Batch pull(Cursor from, KeyFilter filter, PullLimits limits) {
    return store.leased(() -> read(from, filter, limits));
  }

  @Override
  public DatabaseSnapshot snapshot() {
    return store.leased(
        () -> {
          Snapshot snapshot = store.pin();
          try {
            Standing standing = PullView.standing(this, tables, snapshot);
            return new PinnedState(store, this, tables, snapshot, standing);
          } catch (RuntimeException e) {
            store.unpin(snapshot);
            throw e;
          }
        });
  }

  private Batch read(Cursor from, KeyFilter filter, PullLimits limits) {
    Snapshot snapshot = tables.snapshot();
    try (PullView view = new PullView(this, tables, snapshot)) {
      Cursor admitted = admit(from, view.standing()).cursor();
      if (admitted instanceof Cursor.At at) {
        return new DeltaPull(view, at, filter, limits).read();
      }
      return new LoadPull(view, admitted, filter, limits).read();
    } finally {
      tables.release(snapshot);
    }
  }

  /** Makes a state that has been written the one that readers are told of. */
  void publish(Standing standing) {
    published = standing;
  }

  void tellListeners() {
    for (Runnable listener : listeners) {
      listener.run();
    }
  }

  @Override
  public AutoCloseable onHeadMoved(Runnable listener) {
    // Wrapped, so that registering one listener twice makes two registrations.
    Runnable registration = () -> listener.run();
    listeners.add(registration);
    return () -> listeners.remove(registration);
  }

  @Override
  public String toString() {
    return "database " + name + " (" + id + ")";
  }
}
