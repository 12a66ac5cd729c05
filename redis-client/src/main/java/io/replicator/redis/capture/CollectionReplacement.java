package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces a collection by fields that come one by one, writing only what differs. Small ones are
 * collected and handed over as a whole; of large ones only fingerprints are kept, to remove in the
 * end the fields that did not come. One at a time; confined to the capturing thread.
 */
final class CollectionReplacement {
  static final int WHOLE_FIELDS_MAX = 10_000;
  private static final int REMOVED_AT_ONCE = 1_000;

  private KeyspaceWriter keys;
  private Bytes key;
  private DataType type;
  private long expiresAtMs;
  // In the order added, which versions follow: a copy can only append to a stream.
  private Map<Bytes, Bytes> whole = new LinkedHashMap<>();
  private FieldFingerprints seen;

  void begin(KeyspaceWriter keys, Bytes key, DataType type, long expiresAtMs) {
    this.keys = keys;
    this.key = key;
    this.type = type;
    this.expiresAtMs = expiresAtMs;
    this.whole = new LinkedHashMap<>();
    this.seen = null;
  }

  void add(Bytes field, Bytes value) {
    if (seen != null) {
      put(field, value);
      return;
    }
    whole.put(field, value);
    if (whole.size() > WHOLE_FIELDS_MAX) {
      seen = new FieldFingerprints();
      whole.forEach(this::put);
      whole = new LinkedHashMap<>();
    }
  }

  void end() {
    if (seen == null) {
      if (whole.isEmpty()) {
        keys.delete(key);
      } else {
        keys.replaceCollection(key, type, whole, expiresAtMs);
      }
    } else {
      if (keys.key(key).fields() > seen.size()) {
        removeUnseen();
      }
      keys.expire(key, expiresAtMs);
    }
    abandon();
  }

  /** Forgets what was added and not yet written. */
  void abandon() {
    whole = new LinkedHashMap<>();
    seen = null;
  }

  private void put(Bytes field, Bytes value) {
    keys.putField(key, type, field, value);
    seen.add(field);
  }

  private void removeUnseen() {
    List<Bytes> unseen = new ArrayList<>();
    Bytes from = Bytes.EMPTY;
    do {
      unseen.clear();
      keys.forEachField(
          key,
          from,
          (field, value) -> {
            if (!seen.contains(field)) {
              unseen.add(field);
            }
            return unseen.size() < REMOVED_AT_ONCE;
          });
      for (Bytes field : unseen) {
        keys.removeField(key, field);
        from = field;
      }
    } while (unseen.size() == REMOVED_AT_ONCE);
  }
}
