package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;

/**
 * Writes whole keys, as snapshots and DUMP payloads bring them, into a database. Confined to the
 * capturing thread.
 */
final class KeyWriter implements KeyVisitor {
  private final Unsupported unsupported;
  private final CollectionReplacement replacement = new CollectionReplacement();
  private CapturedDatabase database;
  private Bytes key;
  private DataType type;
  private boolean anyField;

  KeyWriter(Unsupported unsupported) {
    this.unsupported = unsupported;
  }

  /** What follows goes into {@code database}. */
  KeyWriter into(CapturedDatabase database) {
    this.database = database;
    return this;
  }

  @Override
  public void single(Bytes key, DataType type, Bytes value, long expiresAtMs) {
    database.keys().putValue(key, type, value, expiresAtMs);
  }

  @Override
  public void beginCollection(Bytes key, DataType type, long expiresAtMs) {
    this.key = key;
    this.type = type;
    this.anyField = false;
    database.forgetFirstEntries();
    replacement.begin(database.keys(), key, type, expiresAtMs);
  }

  @Override
  public void field(Bytes field, Bytes value) {
    anyField = true;
    replacement.add(field, value);
  }

  @Override
  public void endCollection() {
    if (type == DataType.STREAM && !anyField) {
      replacement.abandon();
      database.withholdEmptyStream(key);
    } else {
      replacement.end();
    }
  }

  @Override
  public void withheld(Bytes key, DataType type, long bytes) {
    replacement.abandon();
    database.withhold(key, bytes);
  }

  @Override
  public void unsupported(String kind, Bytes key) {
    unsupported.count(kind, key.isEmpty() ? "in the snapshot" : "key " + key);
  }
}
