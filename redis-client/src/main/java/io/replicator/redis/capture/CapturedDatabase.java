package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter;
import io.replicator.store.KeyspaceWriter.KeyState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A database of the source as it is stored, for executing commands on: types are checked on
 * reading, the limit of values on writing, and a collection without fields ceases to exist at once.
 * Confined to the capturing thread.
 */
final class CapturedDatabase {
  private static final int FIRST_ENTRIES_MAX = 10_000;

  private final int number;
  private final KeyspaceWriter keys;
  private final int valueBytesMax;
  private final DivergentKeys divergent;
  private final Unsupported unsupported;

  // Streams that are trimmed again and again, and an id before which they have no entry.
  private final Map<Bytes, Bytes> firstEntries = new HashMap<>();

  CapturedDatabase(
      int number,
      KeyspaceWriter keys,
      int valueBytesMax,
      DivergentKeys divergent,
      Unsupported unsupported) {
    this.number = number;
    this.keys = keys;
    this.valueBytesMax = valueBytesMax;
    this.divergent = divergent;
    this.unsupported = unsupported;
  }

  int number() {
    return number;
  }

  KeyspaceWriter keys() {
    return keys;
  }

  int valueBytesMax() {
    return valueBytesMax;
  }

  KeyState key(Bytes key) {
    return keys.key(key);
  }

  /** The state of a key of {@code type}, null where it is absent. */
  KeyState key(Bytes key, DataType type) {
    KeyState state = keys.key(key);
    if (state != null && state.type() != type) {
      throw new InconsistentCommandException("a " + state.type() + " where a " + type + " was due");
    }
    return state;
  }

  /** The state of a key of {@code type} that must be there. */
  KeyState existing(Bytes key, DataType type) {
    KeyState state = key(key, type);
    if (state == null) {
      throw new InconsistentCommandException("a " + type + " that is missing");
    }
    return state;
  }

  Bytes field(Bytes key, Bytes field) {
    return keys.field(key, field);
  }

  /** Sets a value that is one record; an empty list does not exist. */
  void putValue(Bytes key, DataType type, Bytes value, long expiresAtMs) {
    if (value.length() > valueBytesMax) {
      throw new OversizeValueException(key, value.length());
    }
    if (type == DataType.LIST && value.isEmpty()) {
      keys.delete(key);
    } else {
      keys.putValue(key, type, value, expiresAtMs);
    }
  }

  void putField(Bytes key, DataType type, Bytes field, Bytes value) {
    int longer = Math.max(field.length(), value.length());
    if (longer > valueBytesMax) {
      throw new OversizeValueException(key, longer);
    }
    keys.putField(key, type, field, value);
  }

  void removeFields(Bytes key, DataType type, List<Bytes> fields) {
    for (Bytes field : fields) {
      keys.removeField(key, field);
    }
    deleteIfEmpty(key, type);
  }

  void removeFields(Bytes key, DataType type, Bytes[] args, int from) {
    for (int i = from; i < args.length; i++) {
      keys.removeField(key, args[i]);
    }
    deleteIfEmpty(key, type);
  }

  // The source keeps a stream that has lost its entries, with its expiry: who adds to it later must
  // know that it was there.
  private void deleteIfEmpty(Bytes key, DataType type) {
    KeyState state = keys.key(key);
    if (state == null || state.fields() > 0) {
      return;
    }
    keys.delete(key);
    if (type == DataType.STREAM) {
      withholdEmptyStream(key);
    }
  }

  void withholdEmptyStream(Bytes key) {
    keys.delete(key);
    divergent.withhold(number, key);
    unsupported.count("stream without entries", "key " + key + " of database " + number);
  }

  /** The key has a value over the limit: it is absent here, rather than stale. */
  void withhold(Bytes key, long bytes) {
    keys.delete(key);
    divergent.withhold(number, key);
    unsupported.count(
        "value over the limit",
        "key "
            + key
            + " of database "
            + number
            + " has a value of "
            + bytes
            + " bytes, the limit is "
            + valueBytesMax);
  }

  /**
   * An id before which the stream has no entry. Entries that were trimmed stay in the store as
   * tombstones for a while: to trim again, they must not be passed over one by one.
   */
  Bytes firstEntry(Bytes key) {
    return firstEntries.getOrDefault(key, Bytes.EMPTY);
  }

  /** The stream has no entry before {@code id}. */
  void beginsAt(Bytes key, Bytes id) {
    if (firstEntries.size() >= FIRST_ENTRIES_MAX) {
      firstEntries.clear();
    }
    firstEntries.put(key.compact(), id.compact());
  }

  /** An entry is added to the stream, which may be another one of that name. */
  void entryAdded(Bytes key, Bytes id) {
    if (!firstEntries.isEmpty() && id.compareTo(firstEntry(key)) < 0) {
      firstEntries.remove(key);
    }
  }

  /** Streams may get entries in other ways than one by one. */
  void forgetFirstEntries() {
    firstEntries.clear();
  }

  void forEachField(Bytes key, BiConsumer<Bytes, Bytes> visitor) {
    keys.forEachField(
        key,
        Bytes.EMPTY,
        (field, value) -> {
          visitor.accept(field, value);
          return true;
        });
  }

  /** All fields; empty for an absent key. */
  Map<Bytes, Bytes> fields(Bytes key) {
    Map<Bytes, Bytes> fields = new HashMap<>();
    forEachField(key, fields::put);
    return fields;
  }

  /** The key is this collection from now on; without fields, it is gone. */
  void replaceCollection(Bytes key, DataType type, Map<Bytes, Bytes> fields) {
    if (fields.isEmpty()) {
      keys.delete(key);
    } else {
      keys.replaceCollection(key, type, fields, 0);
    }
  }

  /** Makes {@code targetKey} of {@code target} what {@code key} is here, expiry included. */
  void copyTo(Bytes key, CapturedDatabase target, Bytes targetKey) {
    KeyState state = keys.key(key);
    if (state == null) {
      throw new InconsistentCommandException("a key that is missing");
    }
    if (!state.type().isCollection()) {
      target.keys.putValue(targetKey, state.type(), state.value(), state.expiresAtMs());
      return;
    }
    target.forgetFirstEntries();
    var replacement = new CollectionReplacement();
    replacement.begin(target.keys, targetKey, state.type(), state.expiresAtMs());
    List<Bytes> part = new ArrayList<>();
    Bytes from = Bytes.EMPTY;
    // In parts: fields must not be written while they are visited.
    do {
      part.clear();
      keys.forEachField(
          key,
          from,
          (field, value) -> {
            part.add(field);
            part.add(value);
            return part.size() < 2 * CollectionReplacement.WHOLE_FIELDS_MAX;
          });
      for (int i = 0; i < part.size(); i += 2) {
        replacement.add(part.get(i), part.get(i + 1));
      }
      from = part.isEmpty() ? from : after(part.get(part.size() - 2));
    } while (part.size() == 2 * CollectionReplacement.WHOLE_FIELDS_MAX);
    replacement.end();
  }

  /** The smallest field after {@code field}: itself and a zero byte. */
  private static Bytes after(Bytes field) {
    byte[] next = new byte[field.length() + 1];
    field.copyTo(next, 0);
    return Bytes.wrap(next);
  }
}
