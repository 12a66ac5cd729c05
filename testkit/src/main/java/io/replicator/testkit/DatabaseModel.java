package io.replicator.testkit;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * One database as a plain map, changed by batches as the rules say: the simplest sink there can be,
 * to compare others with. Not thread-safe.
 *
 * <p>A load marks every key of its filter when it begins. The first record of a marked key takes
 * the mark away and empties the key, since what the load does not bring is no longer there; keys
 * still marked when the load ends are removed.
 */
public final class DatabaseModel {
  private final NavigableMap<Bytes, Entry> entries = new TreeMap<>();
  private final Map<KeyFilter, Set<Bytes>> marks = new HashMap<>();

  /**
   * What a key holds.
   *
   * @param value of a string, list or opaque key
   * @param fields of a collection
   * @param expiresAtMs 0 for never
   */
  public record Entry(
      DataType type, Bytes value, NavigableMap<Bytes, Bytes> fields, long expiresAtMs) {
    private Entry(DataType type) {
      this(type, Bytes.EMPTY, new TreeMap<>(), 0);
    }

    private Entry expiringAt(long ms) {
      return new Entry(type, value, fields, ms);
    }

    private Entry copy() {
      return new Entry(
          type, value, Collections.unmodifiableNavigableMap(new TreeMap<>(fields)), expiresAtMs);
    }
  }

  /**
   * @param filter of the feed that brought the batch
   * @return records applied
   */
  public long apply(KeyFilter filter, Batch batch) {
    if (batch.beginsLoad()) {
      var marked = new HashSet<Bytes>();
      for (Bytes key : entries.keySet()) {
        if (filter.matches(key)) {
          marked.add(key);
        }
      }
      marks.put(filter, marked);
    }
    Set<Bytes> marked = batch.ofLoad() ? marks.getOrDefault(filter, Set.of()) : Set.of();
    for (VersionedRecord record : batch.records()) {
      if (!marked.isEmpty() && marked.remove(record.key())) {
        entries.remove(record.key());
      }
      apply(record);
    }
    if (batch.endsLoad()) {
      marked.forEach(entries::remove);
      marks.remove(filter);
    }
    return batch.records().size();
  }

  private void apply(VersionedRecord record) {
    if (record instanceof VersionedRecord.Header header) {
      Entry entry = entries.get(header.key());
      if (header.replaces() || entry == null || entry.type() != header.type()) {
        entry = new Entry(header.type(), header.value().compact(), new TreeMap<>(), 0);
      }
      entries.put(header.key().compact(), entry.expiringAt(header.expiresAtMs()));
    } else if (record instanceof VersionedRecord.Field field) {
      Entry entry = entries.get(field.key());
      if (entry == null || entry.type() != field.type()) {
        entry = new Entry(field.type());
        entries.put(field.key().compact(), entry);
      }
      entry.fields().put(field.field().compact(), field.value().compact());
    } else if (record instanceof VersionedRecord.DeletedField field) {
      Entry entry = entries.get(field.key());
      if (entry != null) {
        entry.fields().remove(field.field());
      }
    } else {
      entries.remove(record.key());
    }
  }

  /** A copy that later batches do not change. */
  public NavigableMap<Bytes, Entry> snapshot() {
    var copy = new TreeMap<Bytes, Entry>();
    entries.forEach((key, entry) -> copy.put(key, entry.copy()));
    return copy;
  }
}
