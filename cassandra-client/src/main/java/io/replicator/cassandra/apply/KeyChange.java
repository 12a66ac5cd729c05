package io.replicator.cassandra.apply;

import io.replicator.cassandra.schema.Lifetime;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.DeletedField;
import io.replicator.replication.VersionedRecord.DeletedKey;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a group does to one key, put together from its records in order: what was superseded within
 * the group is forgotten.
 *
 * <pre>
 *   CHANGED ──replacing header──▶ REPLACED ⟷ DELETED (deleted key, replacing header)
 * </pre>
 *
 * CHANGED builds on what the copy holds; the others leave nothing of it.
 *
 * <p><b>Versions.</b> Every write has a version, which becomes its timestamp. A record is the
 * newest state of what it is about, as of a moment after its batch's end; so any version from its
 * own up to the batch's end is true of it. Its own is taken, with two exceptions. Records of a load
 * do not tell theirs: they take that of the load's beginning. And the header of a collection may
 * come at the version of its generation with an expiry that was set later; if an earlier attempt
 * has already written another expiry, at a version between them, this one must win. So everything
 * of a collection that the group replaces takes the version of its batch's end.
 */
final class KeyChange {
  enum State {
    CHANGED,
    REPLACED,
    DELETED
  }

  /** The expiry is what the copy has. */
  static final long EXPIRY_UNCHANGED = -1;

  /**
   * @param record a field or a deleted one
   */
  record FieldChange(VersionedRecord record, long version) {
    Bytes name() {
      return record instanceof Field field ? field.field() : ((DeletedField) record).field();
    }
  }

  private final Bytes key;
  private final List<FieldChange> fields = new ArrayList<>();

  /** Whether fields may be among {@link #fields} more than once: each batch has them once. */
  private boolean repeated;

  /** End of the batch of the newest of them. */
  private long fieldsEnd;

  private State state = State.CHANGED;
  private DataType type;
  private Header value;
  private long clearedVersion;
  private long expiresAtMs = EXPIRY_UNCHANGED;
  private long headerVersion;

  // What the copy has of the key, as far as is known.
  private boolean located;
  private int tables;
  private long expiredAtMs;
  private long rememberedMs = EXPIRY_UNCHANGED;
  private Table begun;

  KeyChange(Bytes key) {
    this.key = key;
  }

  /** The next record, of a delta's batch that ends at {@code end}. */
  void add(VersionedRecord record, long end) {
    add(record, record.version(), end);
  }

  /** The next record, of a load that began at {@code version}. */
  void addLoaded(VersionedRecord record, long version) {
    add(record, version, version);
  }

  private void add(VersionedRecord record, long version, long end) {
    if (record instanceof Header header) {
      if (header.replaces()) {
        clear(State.REPLACED, version);
        value = header.type().isCollection() ? null : header;
      }
      type = header.type();
      expiresAtMs = header.expiresAtMs();
      headerVersion = header.replaces() && type.isCollection() ? end : version;
    } else if (record instanceof DeletedKey) {
      clear(State.DELETED, version);
      type = null;
    } else {
      type = record instanceof Field field ? field.type() : ((DeletedField) record).type();
      repeated |= !fields.isEmpty() && end != fieldsEnd;
      fieldsEnd = end;
      fields.add(new FieldChange(record, state == State.REPLACED ? end : version));
    }
  }

  private void clear(State next, long version) {
    state = next;
    clearedVersion = version;
    fields.clear();
    repeated = false;
    value = null;
    expiresAtMs = EXPIRY_UNCHANGED;
  }

  Bytes key() {
    return key;
  }

  State state() {
    return state;
  }

  /** Null after a deletion. */
  DataType type() {
    return type;
  }

  /** Of a string, list or opaque key; null otherwise. */
  Header value() {
    return value;
  }

  /**
   * The newest change of each field: an older one could get the same version, by {@link #version}.
   */
  List<FieldChange> fields() {
    if (repeated) {
      Map<Bytes, FieldChange> newest = new LinkedHashMap<>();
      fields.forEach(field -> newest.put(field.name(), field));
      fields.clear();
      fields.addAll(newest.values());
      repeated = false;
    }
    return fields;
  }

  /**
   * What must win against an expiry that is older than the newest header has its version at least.
   */
  long version(FieldChange field) {
    return expiresAtMs == EXPIRY_UNCHANGED
        ? field.version()
        : Math.max(field.version(), headerVersion);
  }

  /** DELETED: nothing up to this version is left. REPLACED: nothing before it. */
  long clearedVersion() {
    return clearedVersion;
  }

  /** 0 for never, or {@link #EXPIRY_UNCHANGED}. */
  long expiresAtMs() {
    return expiresAtMs;
  }

  boolean hasNewExpiry() {
    return expiresAtMs != EXPIRY_UNCHANGED;
  }

  /** Of the newest header. */
  long headerVersion() {
    return headerVersion;
  }

  // ---- What the copy has

  /** An expiry that was on its way to the copy when the directory was asked. */
  void remember(long onItsWayMs) {
    rememberedMs = onItsWayMs;
  }

  /** The earliest end of any row that the copy has, or is about to get. */
  long earliestEndMs() {
    long earliest = Lifetime.earlier(expiredAtMs, expiresAtMs);
    return rememberedMs == EXPIRY_UNCHANGED ? earliest : Lifetime.earlier(earliest, rememberedMs);
  }

  /** The latest such end. */
  long latestEndMs() {
    long latest = Lifetime.later(expiredAtMs, expiresAtMs);
    return rememberedMs == EXPIRY_UNCHANGED ? latest : Lifetime.later(latest, rememberedMs);
  }

  /** An earlier attempt has begun to put this very generation there. */
  void begunIn(Table table) {
    begun = table;
  }

  /** What {@link #wasIn} tells, or does not, is all that there is. */
  void located() {
    located = true;
  }

  /** Whether the copy is known to have the key in {@link #tables} only. */
  boolean isLocated() {
    return located;
  }

  /**
   * The copy has the key in these tables.
   *
   * @param bits of them
   */
  void wasIn(int bits, long itExpiredAtMs) {
    tables = bits;
    expiredAtMs = itExpiredAtMs;
  }

  /** The copy has the key in this table, be it as what it was before it got another type. */
  void wasIn(Table table, long itExpiredAtMs) {
    tables |= table.bit();
    if (table.type() == type) {
      expiredAtMs = itExpiredAtMs;
    }
  }

  boolean wasIn(Table table) {
    return (tables & table.bit()) != 0;
  }

  boolean wasOnlyIn(Table table) {
    return tables == table.bit();
  }

  /** As bits. */
  int tables() {
    return tables;
  }

  /** Expiry that the copy has of what is of this type, 0 for never. */
  long expiredAtMs() {
    return expiredAtMs;
  }

  /** The table in which a collection of this type is; null where it is in none. */
  Table collection() {
    for (boolean large : new boolean[] {false, true}) {
      Table table = Table.of(type, large);
      if (wasIn(table)) {
        return table;
      }
    }
    return null;
  }

  /** Where a new or replaced key goes; it stays where an earlier attempt has begun to put it. */
  Table table(boolean large) {
    return begun != null ? begun : Table.of(type, large);
  }
}
