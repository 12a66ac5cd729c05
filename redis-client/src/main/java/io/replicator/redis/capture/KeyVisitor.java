package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;

/**
 * Receives keys as a snapshot or a DUMP payload brings them. Bytes are slices that live as long as
 * somebody holds them; a visitor that keeps few of many compacts them.
 */
interface KeyVisitor {
  /** A key whose value is one record. */
  void single(Bytes key, DataType type, Bytes value, long expiresAtMs);

  /**
   * A collection begins; its fields follow, then {@link #endCollection}, or {@link #withheld}
   * instead of it.
   */
  void beginCollection(Bytes key, DataType type, long expiresAtMs);

  void field(Bytes field, Bytes value);

  /** The collection is complete; without fields, it does not exist. */
  void endCollection();

  /** The key has a value or a field of {@code bytes}, which is over the limit: it is left out. */
  void withheld(Bytes key, DataType type, long bytes);

  /** Something beside the data that has no place in a copy, such as consumer groups. */
  void unsupported(String kind, Bytes key);
}
