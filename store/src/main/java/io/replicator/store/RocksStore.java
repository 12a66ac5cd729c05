package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.Epoch;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store on RocksDB.
 *
 * <p>Two locks. The <em>write lock</em> is held by whoever changes rows or the overlays: a writer
 * for each of its calls, retention for each of its small batches. Pulls never take it, and nobody
 * waits for the disk to have something while holding it. The <em>lease</em> is shared by everybody
 * who touches RocksDB from outside the write lock, and taken whole by {@link #close}, so that no
 * native object is freed under a reader.
 *
 * <p>Versions after an unclean end: see {@link Incarnation} and {@link LostRange}.
 */
public final class RocksStore implements Store {
  private static final Logger LOG = LoggerFactory.getLogger(RocksStore.class);
  private static final int DATABASES_MAX = 0xffff;
  private static final byte[] PRESENT = {1};

  private final Tables tables;
  private final StoreDirectory directory;
  private final Epoch epoch;
  private final long run;
  private final Object writeLock = new Object();
  private final Object retentionLock = new Object();
  private final ReentrantReadWriteLock leases = new ReentrantReadWriteLock();
  private final Map<String, RocksDatabase> databases = new ConcurrentHashMap<>();
  private final Set<Snapshot> pinned = ConcurrentHashMap.newKeySet();
  private final StoreSettings settings;
  private final LongSupplier clockMs;
  private final RocksCommitWriter writer;
  private final Map<String, RocksCommitWriter> owners = new ConcurrentHashMap<>();
  private final Retention retention;
  private volatile boolean closed;

  private RocksStore(
      Tables tables,
      StoreDirectory directory,
      StoreSettings settings,
      Epoch epoch,
      LongSupplier clockMs) {
    this.tables = tables;
    this.directory = directory;
    this.epoch = epoch;
    this.run = nonZero();
    this.settings = settings;
    this.clockMs = clockMs;
    this.writer = new RocksCommitWriter(this, tables, writeLock, settings, clockMs);
    this.retention = new Retention(tables, writeLock, settings);
  }

  /**
   * Opens the store in the directory of {@code settings}, or makes one.
   *
   * @throws StoreException if another process has it open, it cannot be read or written, or is of
   *     an unknown format; the message is for an operator
   */
  public static RocksStore open(StoreSettings settings) {
    return open(settings, System::currentTimeMillis);
  }

  static RocksStore open(StoreSettings settings, LongSupplier clockMs) {
    return open(settings, clockMs, Incarnation::of);
  }

  /** As {@link #open(StoreSettings)}, with the circumstances that a test wants. */
  static RocksStore open(StoreSettings settings, LongSupplier clockMs, IncarnationSource source) {
    StoreDirectory directory = StoreDirectory.prepare(settings.directory());
    Tables tables = openTables(directory, settings);
    try {
      RocksStore store =
          new RocksStore(tables, directory, settings, readOrMakeEpoch(tables), clockMs);
      store.recover(source.of(directory));
      return store;
    } catch (RuntimeException e) {
      tables.close();
      throw e;
    }
  }

  private static Tables openTables(StoreDirectory directory, StoreSettings settings) {
    try {
      return Tables.open(directory.rocks(), settings.blockCacheBytes());
    } catch (RocksDBException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("LOCK") || message.contains("lock hold by current process")) {
        throw new StoreException(
            "the store in "
                + directory.path()
                + " is open already, in another process or in this one; end that one or name"
                + " another directory",
            e);
      }
      throw new StoreException(
          "the store in "
              + directory.path()
              + " cannot be opened: "
              + message
              + "; restore the directory, or remove it to begin anew",
          e);
    }
  }

  private static Epoch readOrMakeEpoch(Tables tables) {
    byte[] row = tables.get(tables.meta, MetaRow.EPOCH);
    if (row != null) {
      return new Epoch(RowKey.longAt(row, 0));
    }
    Epoch made = new Epoch(nonZero());
    RowBatch batch = new RowBatch();
    batch.put(tables.meta, MetaRow.EPOCH, MetaRow.value(made.id()));
    tables.write(batch, true);
    return made;
  }

  private static long nonZero() {
    SecureRandom random = new SecureRandom();
    long number;
    do {
      number = random.nextLong();
    } while (number == 0);
    return number;
  }

  private void recover(Incarnation now) {
    byte[] before = tables.get(tables.meta, MetaRow.INCARNATION);
    boolean closedInOrder = tables.get(tables.meta, MetaRow.OPEN) == null;
    boolean lost = before != null && now.mayHaveLost(Incarnation.decode(before), closedInOrder);
    RowBatch batch = new RowBatch();
    synchronized (writeLock) {
      try (RowScan names = tables.scan(tables.meta, new byte[] {MetaRow.NAME + 1})) {
        boolean found = names.seek(new byte[] {MetaRow.NAME});
        for (; found; found = names.next()) {
          recover(
              MetaRow.database(names.key()),
              new String(names.value(), StandardCharsets.UTF_8),
              lost,
              batch);
        }
      }
      batch.put(tables.meta, MetaRow.OPEN, PRESENT);
      batch.put(tables.meta, MetaRow.INCARNATION, now.encode());
      tables.write(batch, true);
    }
    LOG.info(
        "Opened the store in {}: epoch {}, {} databases{}",
        directory.path(),
        epoch,
        databases.size(),
        lost
            ? "; the machine may have lost its newest changes: versions go on after a gap, clients"
                + " that know lost ones load anew"
            : "");
  }

  private void recover(int id, String name, boolean lost, RowBatch batch) {
    Standing standing = Standing.decode(tables.get(tables.meta, MetaRow.of(MetaRow.STANDING, id)));
    List<LostRange> ranges = new ArrayList<>();
    scanNumbers(
        MetaRow.LOST_RANGE, id, (after, before) -> ranges.add(new LostRange(after, before)));
    if (lost) {
      LostRange range = new LostRange(standing.head(), standing.head() + LostRange.LENGTH);
      ranges.add(range);
      standing = standing.withHead(range.before());
      batch.put(
          tables.meta,
          MetaRow.of(MetaRow.LOST_RANGE, id, range.after()),
          MetaRow.value(range.before()));
      batch.put(tables.meta, MetaRow.of(MetaRow.STANDING, id), standing.encode());
    }
    ConcurrentSkipListMap<Long, Long> stale = new ConcurrentSkipListMap<>();
    scanNumbers(MetaRow.STALE_GENERATION, id, stale::put);
    add(new RocksDatabase(this, tables, id, name, standing, ranges, stale));
  }

  private void scanNumbers(char kind, int id, NumberVisitor visitor) {
    try (RowScan rows = tables.scan(tables.meta, MetaRow.of(kind, id + 1))) {
      boolean found = rows.seek(MetaRow.of(kind, id));
      for (; found; found = rows.next()) {
        visitor.row(MetaRow.number(rows.key()), RowKey.longAt(rows.value(), 0));
      }
    }
  }

  private void add(RocksDatabase database) {
    databases.put(database.name(), database);
    own(database, writer);
  }

  private void own(RocksDatabase database, RocksCommitWriter owner) {
    owner.add(database);
    owners.put(database.name(), owner);
  }

  @Override
  public Epoch epoch() {
    return epoch;
  }

  /** For tests, which look at the rows. */
  Tables tables() {
    return tables;
  }

  /** Another number each time a store is opened. */
  long run() {
    return run;
  }

  @Override
  public Database database(String name) {
    RocksDatabase present = databases.get(name);
    if (present != null) {
      return present;
    }
    synchronized (writeLock) {
      RocksDatabase made = databases.get(name);
      if (made == null) {
        requireOpen();
        int id = 1;
        for (RocksDatabase other : databases.values()) {
          id = Math.max(id, other.id() + 1);
        }
        if (id >= DATABASES_MAX) {
          throw new StoreException(
              "database " + name + " is one too many, a store holds " + (DATABASES_MAX - 1));
        }
        RowBatch batch = new RowBatch();
        batch.put(tables.meta, MetaRow.of(MetaRow.NAME, id), name.getBytes(StandardCharsets.UTF_8));
        tables.write(batch, false);
        made =
            new RocksDatabase(
                this, tables, id, name, Standing.EMPTY, List.of(), new ConcurrentSkipListMap<>());
        add(made);
      }
      return made;
    }
  }

  @Override
  public List<Database> databases() {
    return List.copyOf(inOrder());
  }

  private List<RocksDatabase> inOrder() {
    List<RocksDatabase> all = new ArrayList<>(databases.values());
    all.sort((a, b) -> Integer.compare(a.id(), b.id()));
    return all;
  }

  @Override
  public CommitWriter writer() {
    return writer;
  }

  @Override
  public CommitWriter writer(Collection<String> names) {
    synchronized (writeLock) {
      requireOpen();
      RocksCommitWriter made = new RocksCommitWriter(this, tables, writeLock, settings, clockMs);
      Set<String> wanted = Set.copyOf(names);
      for (String name : wanted) {
        database(name);
        owners.get(name).requireNothingPending(name);
      }
      for (String name : wanted) {
        owners.get(name).give(name);
        own(databases.get(name), made);
      }
      // Frontiers that another writer held back are this one's now, which holds none.
      made.flush(false);
      return made;
    }
  }

  /** Waits until the disk has everything that was written before; without the write lock. */
  void sync() {
    leased(
        () -> {
          tables.sync();
          return null;
        });
  }

  @Override
  public Bytes checkpoint(String source) {
    return meta(MetaRow.checkpoint(source));
  }

  @Override
  public Bytes attachment(String name) {
    return meta(MetaRow.attachment(name));
  }

  private Bytes meta(byte[] row) {
    byte[] value = leased(() -> tables.get(tables.meta, row));
    return value == null ? Bytes.EMPTY : Bytes.wrap(value);
  }

  @Override
  public void putAttachment(String name, Bytes value) {
    RowBatch batch = new RowBatch();
    batch.put(tables.meta, MetaRow.attachment(name), value.toArray());
    leased(
        () -> {
          tables.write(batch, true);
          return null;
        });
  }

  @Override
  public void dropTombstones(long nowMs) {
    synchronized (retentionLock) {
      leased(
          () -> {
            retention.dropTombstones(inOrder(), nowMs);
            return null;
          });
    }
  }

  @Override
  public int expireDue(String database, long nowMs, int keysMax) {
    return leased(
        () -> {
          List<Bytes> due = due((RocksDatabase) database(database), nowMs, keysMax);
          return due.isEmpty() ? 0 : owners.get(database).expire(database, due, nowMs);
        });
  }

  private List<Bytes> due(RocksDatabase database, long nowMs, int keysMax) {
    List<Bytes> keys = new ArrayList<>();
    long from = database.dueFrom();
    if (from > nowMs) {
      return keys;
    }
    byte[] end = RowKey.versioned(database.id(), nowMs + 1);
    try (RowScan rows = tables.scan(tables.expiry, end)) {
      boolean found = rows.seek(RowKey.versioned(database.id(), from));
      for (; found && keys.size() < keysMax; found = rows.next()) {
        byte[] header = RowKey.headerOfExpiry(rows.key());
        keys.add(RowKey.key(header, 0, header.length - 2));
      }
    }
    return keys;
  }

  @Override
  public long nextDue(String name) {
    return leased(
        () -> {
          RocksDatabase database = (RocksDatabase) database(name);
          // Locked, so that no row comes between the look and what is remembered of it.
          synchronized (writeLock) {
            if (database.dueFrom() != Long.MAX_VALUE) {
              database.dueFrom(firstDue(database));
            }
            return database.dueFrom();
          }
        });
  }

  private long firstDue(RocksDatabase database) {
    try (RowScan rows = tables.scan(tables.expiry, RowKey.databaseEnd(database.id()))) {
      boolean found = rows.seek(RowKey.versioned(database.id(), database.dueFrom()));
      return found ? RowKey.number(rows.key()) : Long.MAX_VALUE;
    }
  }

  /**
   * Runs {@code reading} with the right to use RocksDB, for which {@link #close} waits.
   *
   * @throws IllegalStateException if the store is closed
   */
  <T> T leased(Supplier<T> reading) {
    leases.readLock().lock();
    try {
      requireOpen();
      return reading.get();
    } finally {
      leases.readLock().unlock();
    }
  }

  /**
   * As {@link #leased(Supplier)}, for reading from a snapshot.
   *
   * @throws IllegalStateException if it is released, or the store closed
   */
  <T> T leased(Snapshot snapshot, Supplier<T> reading) {
    return leased(
        () -> {
          if (!pinned.contains(snapshot)) {
            throw new IllegalStateException("the snapshot is closed");
          }
          return reading.get();
        });
  }

  /** What is stored now, until {@link #unpin}; with a lease held. */
  Snapshot pin() {
    Snapshot snapshot = tables.snapshot();
    pinned.add(snapshot);
    return snapshot;
  }

  void unpin(Snapshot snapshot) {
    leases.readLock().lock();
    try {
      if (pinned.remove(snapshot)) {
        tables.release(snapshot);
      }
    } finally {
      leases.readLock().unlock();
    }
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the store in " + directory.path() + " is closed");
    }
  }

  @Override
  public void close() {
    close(true);
  }

  /** Ends as a killed process does, but for the lock on the directory. For tests. */
  void kill() {
    close(false);
  }

  private void close(boolean inOrder) {
    leases.writeLock().lock();
    try {
      synchronized (writeLock) {
        if (closed) {
          return;
        }
        closed = true;
        pinned.forEach(tables::release);
        pinned.clear();
        try {
          if (inOrder) {
            RowBatch batch = new RowBatch();
            batch.delete(tables.meta, MetaRow.OPEN);
            tables.write(batch, true);
          }
        } finally {
          tables.close();
        }
      }
    } finally {
      leases.writeLock().unlock();
    }
  }

  /** Tells under which circumstances a store is opened. */
  @FunctionalInterface
  interface IncarnationSource {
    Incarnation of(StoreDirectory directory);
  }

  private interface NumberVisitor {
    void row(long key, long value);
  }
}
