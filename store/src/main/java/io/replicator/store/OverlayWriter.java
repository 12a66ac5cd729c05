package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.store.PendingKey.PendingField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The writer's side of one database. Changes gather in an overlay of pending keys, which reads see;
 * a record that changes several times before the next write is written once, with its newest
 * version. Every change still takes a version of its own.
 *
 * <p>Invariants: an entry's {@code stored} is what the record rows hold, since nobody else writes
 * them, but for tombstones that retention drops ({@link PendingRows}); the header's counts are
 * those of the fields with the overlay on top.
 *
 * <p>Guarded by the store's write lock, which every public method takes, so that retention and
 * expiry may run on other threads.
 */
final class OverlayWriter implements KeyspaceWriter {
  /** Field rows up to which a collection is deleted row by row, leaving nothing behind. */
  static final int SINGLE_DELETES_MAX = 128;

  private final RocksDatabase database;
  private final Tables tables;
  private final RocksCommitWriter commits;
  private final Object lock;
  private final StoreSettings settings;
  // In the order of the first change, so that log rows are written about in theirs.
  private final Map<Bytes, PendingKey> overlay = new LinkedHashMap<>();

  private long head;
  private long keys;
  private long bytes;
  private long pendingBytes;
  private boolean loading;
  private boolean marking;
  private boolean clearSeen;
  private boolean tornCommit;
  private boolean inCommit;
  private boolean given;

  OverlayWriter(
      RocksDatabase database, Tables tables, RocksCommitWriter commits, StoreSettings settings) {
    this.database = database;
    this.tables = tables;
    this.commits = commits;
    this.lock = commits.lock();
    this.settings = settings;
    Standing standing = database.published();
    head = standing.head();
    keys = standing.keys();
    bytes = standing.bytes();
    loading = standing.loading();
    marking = standing.marking();
    tornCommit = standing.torn();
  }

  // What is there

  @Override
  public KeyState key(Bytes key) {
    synchronized (lock) {
      RecordRow header = entry(key).live();
      relieve();
      return header == null
          ? null
          : new KeyState(header.type(), header.value(), header.expiresAtMs(), header.fields());
    }
  }

  @Override
  public long version(Bytes key) {
    synchronized (lock) {
      PendingKey entry = entry(key);
      RecordRow header = entry.live();
      long newest = header == null ? 0 : header.version();
      if (header != null && header.isCollection()) {
        newest = Math.max(newest, newestField(entry));
      }
      relieve();
      return newest;
    }
  }

  private long newestField(PendingKey entry) {
    long newest = 0;
    for (PendingField field : entry.fields.values()) {
      newest = Math.max(newest, field.current == null ? 0 : field.current.version());
    }
    if (entry.hasStoredFields()) {
      try (RowScan rows = tables.scan(tables.records, RowKey.fieldsEnd(entry.row))) {
        boolean found = rows.seek(RowKey.fieldsBegin(entry.row));
        for (; found; found = rows.next()) {
          newest = Math.max(newest, RecordRow.version(rows.value()));
        }
      }
    }
    return newest;
  }

  @Override
  public void prefetch(Collection<Bytes> wanted) {
    synchronized (lock) {
      requireUsable();
      List<Bytes> missing = new ArrayList<>(wanted.size());
      List<byte[]> rows = new ArrayList<>(wanted.size());
      for (Bytes key : wanted) {
        if (!overlay.containsKey(key)) {
          missing.add(key);
          rows.add(RowKey.header(database.id(), key));
        }
      }
      List<byte[]> values = rows.isEmpty() ? List.of() : tables.get(tables.records, rows);
      for (int i = 0; i < values.size(); i++) {
        if (!overlay.containsKey(missing.get(i))) {
          enter(missing.get(i), rows.get(i), values.get(i));
        }
      }
    }
  }

  @Override
  public Bytes field(Bytes key, Bytes field) {
    synchronized (lock) {
      PendingKey entry = entry(key);
      RecordRow header = entry.live();
      if (header == null || !header.isCollection()) {
        return null;
      }
      RecordRow record = fieldEntry(entry, field).live();
      relieve();
      return record == null ? null : record.value();
    }
  }

  @Override
  public void forEachField(Bytes key, Bytes fromField, FieldVisitor visitor) {
    synchronized (lock) {
      PendingKey entry = entry(key);
      RecordRow header = entry.live();
      if (header != null && header.isCollection()) {
        new FieldWalk(tables, entry).forEach(fromField, visitor);
      }
    }
  }

  // Changes

  @Override
  public void putValue(Bytes key, DataType type, Bytes value, long expiresAtMs) {
    synchronized (lock) {
      requireType(type, false);
      requireValue(key, value);
      PendingKey entry = entry(key);
      see(entry);
      RecordRow header = entry.live();
      if (header != null
          && header.type() == type
          && header.expiresAtMs() == expiresAtMs
          && header.value().equals(value)) {
        relieve();
        return;
      }
      long version = nextVersion();
      clearFields(entry, version);
      setHeader(entry, RecordRow.header(type, version, expiresAtMs, value));
      relieve();
    }
  }

  @Override
  public void putField(Bytes key, DataType type, Bytes field, Bytes value) {
    synchronized (lock) {
      requireType(type, true);
      requireValue(key, value);
      PendingKey entry = entry(key);
      see(entry);
      RecordRow header = entry.live();
      if (header == null || header.type() != type) {
        begin(entry, type, 0);
      }
      setField(entry, field, value);
      relieve();
    }
  }

  @Override
  public void removeField(Bytes key, Bytes field) {
    synchronized (lock) {
      PendingKey entry = entry(key);
      RecordRow header = entry.live();
      if (header == null || !header.isCollection()) {
        return;
      }
      see(entry);
      if (unsetField(entry, field) && entry.current.fields() == 0) {
        delete(entry);
      }
      relieve();
    }
  }

  @Override
  public void replaceCollection(
      Bytes key, DataType type, Map<Bytes, Bytes> fields, long expiresAtMs) {
    synchronized (lock) {
      requireType(type, true);
      fields.values().forEach(value -> requireValue(key, value));
      if (fields.isEmpty()) {
        delete(key);
        return;
      }
      PendingKey entry = entry(key);
      see(entry);
      RecordRow header = entry.live();
      CollectionDifference difference =
          header != null && header.type() == type
              ? CollectionDifference.between(new FieldWalk(tables, entry), header, fields)
              : null;
      if (difference == null) {
        begin(entry, type, expiresAtMs);
        relieve();
        fields.forEach((field, value) -> putField(key, type, field, value));
        return;
      }
      // A part may be written between two fields, and the entry be another one after that.
      for (Bytes field : difference.put()) {
        putField(key, type, field, fields.get(field));
      }
      for (Bytes field : difference.removed()) {
        removeField(key, field);
      }
      expire(key, expiresAtMs);
    }
  }

  @Override
  public long put(Entry entry) {
    synchronized (lock) {
      long before = head;
      Bytes key = entry.key();
      if (!entry.type().isCollection()) {
        putValue(key, entry.type(), entry.value(), entry.expiresAtMs());
        return version(key);
      }
      replaceCollection(key, entry.type(), entry.fields(), entry.expiresAtMs());
      PendingKey written = entry(key);
      if (head == before || written.live() == null) {
        return version(key);
      }
      setHeader(written, written.live().withExpiry(nextVersion(), entry.expiresAtMs()));
      relieve();
      return head;
    }
  }

  @Override
  public void expire(Bytes key, long expiresAtMs) {
    synchronized (lock) {
      PendingKey entry = entry(key);
      RecordRow header = entry.live();
      if (header == null || header.expiresAtMs() == expiresAtMs) {
        return;
      }
      setHeader(entry, header.withExpiry(nextVersion(), expiresAtMs));
      relieve();
    }
  }

  @Override
  public void delete(Bytes key) {
    synchronized (lock) {
      delete(entry(key));
      relieve();
    }
  }

  @Override
  public void deleteAll() {
    synchronized (lock) {
      // What the overlay holds comes first and is passed over below: the scan sees only what is
      // stored, as of its beginning, whatever parts are written meanwhile.
      requireUsable();
      Set<Bytes> passed = new HashSet<>(overlay.keySet());
      for (Bytes key : passed) {
        delete(key);
      }
      try (HeaderScan headers = new HeaderScan(tables, database.id())) {
        while (headers.next()) {
          byte[] value = headers.value();
          if (RecordRow.isTombstone(value)) {
            continue;
          }
          Bytes key = RowKey.key(headers.row(), 0, headers.terminator());
          if (!passed.contains(key)) {
            delete(enter(key, headers.row(), value));
            relieve();
          }
        }
      }
    }
  }

  private void delete(PendingKey entry) {
    RecordRow header = entry.live();
    if (header == null) {
      return;
    }
    long version = nextVersion();
    clearFields(entry, version);
    setHeader(entry, gone(entry.stored, RecordRow.deletedKey(version)));
  }

  // A record that was never written needs no tombstone, and one that was dead before stays so.
  private static RecordRow gone(RecordRow stored, RecordRow tombstone) {
    return stored == null || stored.tombstone() ? stored : tombstone;
  }

  private void begin(PendingKey entry, DataType type, long expiresAtMs) {
    long version = nextVersion();
    clearFields(entry, version);
    setHeader(entry, RecordRow.header(type, version, expiresAtMs, Bytes.EMPTY));
  }

  private void setHeader(PendingKey entry, RecordRow header) {
    RecordRow before = entry.live();
    keys += (header == null || header.tombstone() ? 0 : 1) - (before == null ? 0 : 1);
    bytes += sizeBytes(entry, header) - sizeBytes(entry, before);
    pendingBytes += valueBytes(header) - valueBytes(entry.current);
    entry.current = header;
  }

  private void setField(PendingKey entry, Bytes field, Bytes value) {
    PendingField pending = fieldEntry(entry, field);
    RecordRow before = pending.live();
    if (before != null && before.value().equals(value)) {
      return;
    }
    RecordRow header = entry.current;
    pendingBytes += value.length() - valueBytes(pending.current);
    pending.current = RecordRow.field(header.type(), nextVersion(), header.generation(), value);
    if (before == null) {
      count(entry, 1, (long) field.length() + value.length());
    } else if (before.value().length() != value.length()) {
      count(entry, 0, value.length() - before.value().length());
    }
  }

  private boolean unsetField(PendingKey entry, Bytes field) {
    PendingField pending = fieldEntry(entry, field);
    RecordRow before = pending.live();
    if (before == null) {
      return false;
    }
    RecordRow header = entry.current;
    pendingBytes -= valueBytes(before);
    pending.current =
        gone(
            pending.stored,
            RecordRow.deletedField(header.type(), nextVersion(), header.generation()));
    count(entry, -1, -(long) field.length() - before.value().length());
    return true;
  }

  private void count(PendingKey entry, int fields, long fieldBytes) {
    RecordRow header = entry.current;
    entry.current = header.withFields(header.fields() + fields, header.fieldBytes() + fieldBytes);
    bytes += fieldBytes;
  }

  /** The fields are gone, with the header's present state or the one that is set next. */
  private void clearFields(PendingKey entry, long version) {
    if (entry.hasStoredFields()) {
      if (entry.stored.fields() > SINGLE_DELETES_MAX || !collectStoredFields(entry)) {
        entry.removed = List.of();
        entry.cutOffAt = version;
      }
      entry.cleared = true;
    }
    if (!entry.fields.isEmpty()) {
      for (Map.Entry<Bytes, PendingField> field : entry.fields.entrySet()) {
        pendingBytes -= fieldPendingBytes(entry, field.getKey(), field.getValue());
      }
      entry.fields.clear();
    }
  }

  private boolean collectStoredFields(PendingKey entry) {
    try (RowScan rows = tables.scan(tables.records, RowKey.fieldsEnd(entry.row))) {
      boolean found = rows.seek(RowKey.fieldsBegin(entry.row));
      for (; found; found = rows.next()) {
        if (entry.removed.size() == SINGLE_DELETES_MAX) {
          return false;
        }
        entry.remove(rows.key(), rows.value());
      }
    }
    return true;
  }

  // The overlay

  private void requireUsable() {
    if (given) {
      throw new IllegalStateException("another writer has been given " + database);
    }
    commits.requireUsable();
  }

  private PendingKey entry(Bytes key) {
    requireUsable();
    PendingKey entry = overlay.get(key);
    if (entry != null) {
      return entry;
    }
    byte[] row = RowKey.header(database.id(), key);
    byte[] recent = tables.recent.get(row);
    return enter(key, row, recent != null ? recent : tables.get(tables.records, row));
  }

  private PendingKey enter(Bytes key, byte[] row, byte[] value) {
    PendingKey present = overlay.get(key);
    if (present != null) {
      return present;
    }
    RecordRow stored = value == null ? null : RecordRow.decode(value, true);
    // Kept until the next write: a small slice must not hold a large array.
    Bytes kept = key.compact();
    PendingKey entry = new PendingKey(kept, row, stored);
    overlay.put(kept, entry);
    pendingBytes += PendingKey.OVERHEAD_BYTES + 2L * row.length + valueBytes(stored);
    return entry;
  }

  private PendingField fieldEntry(PendingKey entry, Bytes field) {
    PendingField pending = entry.fields.get(field);
    if (pending == null) {
      byte[] value =
          entry.hasStoredFields()
              ? tables.get(tables.records, RowKey.field(entry.row, field))
              : null;
      pending = new PendingField(value == null ? null : RecordRow.decode(value, false));
      entry.fields.put(field.compact(), pending);
      pendingBytes += fieldPendingBytes(entry, field, pending);
    }
    return pending;
  }

  private static long fieldPendingBytes(PendingKey entry, Bytes field, PendingField pending) {
    return PendingKey.OVERHEAD_BYTES
        + 2L * (entry.row.length + field.length())
        + valueBytes(pending.current);
  }

  private static int valueBytes(RecordRow record) {
    return record == null ? 0 : record.value().length();
  }

  private static long sizeBytes(PendingKey entry, RecordRow header) {
    return header == null || header.tombstone()
        ? 0
        : entry.key.length() + header.value().length() + header.fieldBytes();
  }

  private void relieve() {
    if (pendingBytes > settings.writeBatchBytesMax()) {
      commits.relieve();
    }
  }

  private long nextVersion() {
    inCommit = true;
    return ++head;
  }

  private void see(PendingKey entry) {
    if (marking) {
      entry.seen = true;
    }
  }

  private static void requireType(DataType type, boolean collection) {
    if (type.isCollection() != collection) {
      throw new IllegalArgumentException(
          type + (collection ? " has no fields" : " has fields, not one value"));
    }
  }

  // Whoever captures refuses what is too long, counts and reports it; here it is a broken promise.
  private void requireValue(Bytes key, Bytes value) {
    if (value.length() > settings.valueBytesMax()) {
      throw new IllegalStateException(
          "a value of "
              + value.length()
              + " bytes for key "
              + key
              + ", the limit is "
              + settings.valueBytesMax());
    }
  }

  // For the commit writer, with the lock held

  RocksDatabase database() {
    return database;
  }

  /** Version of the newest change, written or not. */
  long head() {
    return head;
  }

  long pendingBytes() {
    return pendingBytes;
  }

  /** Fails while something is not written that another writer would not know of. */
  void requireNothingPending() {
    requireUsable();
    if (inCommit || clearSeen || head != database.published().head()) {
      throw new IllegalStateException(
          "changes of " + database + " are pending up to version " + head + ": flush them first");
    }
  }

  /** Another writer has the database from now on; nothing is pending. */
  void give() {
    overlay.clear();
    pendingBytes = 0;
    given = true;
  }

  /** Whether the commit that has not ended yet has changed this database. */
  boolean inCommit() {
    return inCommit;
  }

  void endCommit() {
    inCommit = false;
    tornCommit = false;
  }

  void beginLoad() {
    loading = true;
    marking = keys > 0;
    clearSeen = true;
    for (PendingKey entry : overlay.values()) {
      entry.seen = false;
    }
  }

  boolean loading() {
    return loading;
  }

  /** Deletes the keys without a mark; everything pending has been written before. */
  void deleteUnseen() {
    if (!marking) {
      return;
    }
    try (HeaderScan headers = new HeaderScan(tables, database.id());
        RowScan marks = tables.scan(tables.seen, RowKey.databaseEnd(database.id()))) {
      boolean marked = marks.seek(RowKey.databaseBegin(database.id()));
      byte[] mark = marked ? marks.key() : null;
      while (headers.next()) {
        byte[] row = headers.row();
        while (mark != null && Arrays.compareUnsigned(mark, row) < 0) {
          mark = marks.next() ? marks.key() : null;
        }
        byte[] value = headers.value();
        boolean seen = mark != null && Arrays.equals(mark, row);
        if (!seen && !RecordRow.isTombstone(value)) {
          delete(enter(RowKey.key(row, 0, headers.terminator()), row, value));
          relieve();
        }
      }
    }
  }

  void endLoad() {
    loading = false;
    clearSeen |= marking;
    marking = false;
  }

  /** What will be published with the next write. */
  Standing standing(long holdingRun) {
    Standing before = database.published();
    return new Standing(
        head,
        before.horizon(),
        keys,
        bytes,
        before.tombstones(),
        before.tombstoneBytes(),
        holdingRun,
        loading,
        marking,
        tornCommit || inCommit);
  }

  /** Adds everything pending to {@code rows}; {@link #written} follows when it is written. */
  Standing write(RowBatch batch, long holdingRun, long nowMs) {
    if (inCommit) {
      tornCommit = true;
    }
    if (clearSeen) {
      batch.deleteRange(
          tables.seen, RowKey.databaseBegin(database.id()), RowKey.databaseEnd(database.id()));
    }
    PendingRows rows = new PendingRows(tables, database, batch, nowMs);
    rows.addAll(overlay.values());
    Standing before = database.published();
    Standing standing =
        standing(holdingRun)
            .withTombstones(
                before.horizon(),
                before.tombstones() + rows.tombstones(),
                before.tombstoneBytes() + rows.tombstoneBytes());
    if (!standing.equals(before)) {
      batch.put(tables.meta, MetaRow.of(MetaRow.STANDING, database.id()), standing.encode());
    }
    return standing;
  }

  void written(Standing standing) {
    for (PendingKey entry : overlay.values()) {
      if (entry.cutOffAt != 0) {
        database.staleGenerations().put(entry.stored.generation(), entry.cutOffAt);
      }
    }
    overlay.clear();
    pendingBytes = 0;
    clearSeen = false;
    database.publish(standing);
  }
}
