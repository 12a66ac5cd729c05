package io.replicator.replication;

/**
 * The unit that is versioned, merged and sent: the header of a key or one field of a collection, as
 * it is at its latest change, or the tombstone of one. A copy that applies records of one key in
 * version order, and a {@link Header} that {@linkplain Header#replaces() replaces} before the
 * fields of its generation, ends equal to the source; applying a record twice changes nothing.
 */
public sealed interface VersionedRecord {
  Bytes key();

  /** Version of the latest change; 0 where the batch that carried the record does not tell it. */
  long version();

  /** About how many bytes the record takes in memory and, before compression, on the wire. */
  int sizeBytes();

  /**
   * A key that exists.
   *
   * @param value the value of a string, list or opaque key; empty for a collection
   * @param expiresAtMs milliseconds since 1970 at which the key ceases to exist, 0 for never
   * @param replaces whatever the copy holds under this key, its fields included, is gone. Always
   *     true for types that are no collections; for a collection, true where its generation begins
   *     after the cursor that was pulled from, false where only the expiry changed.
   * @param generation the version at which the key was last created or replaced
   */
  record Header(
      Bytes key,
      DataType type,
      Bytes value,
      long expiresAtMs,
      boolean replaces,
      long version,
      long generation)
      implements VersionedRecord {
    @Override
    public int sizeBytes() {
      return key.length() + value.length() + 16;
    }
  }

  /** One field of a collection. */
  record Field(Bytes key, DataType type, Bytes field, Bytes value, long version, long generation)
      implements VersionedRecord {
    @Override
    public int sizeBytes() {
      return key.length() + field.length() + value.length() + 16;
    }
  }

  /** The key and all of its fields are gone. */
  record DeletedKey(Bytes key, long version) implements VersionedRecord {
    @Override
    public int sizeBytes() {
      return key.length() + 16;
    }
  }

  /** One field is gone, the key is still there. */
  record DeletedField(Bytes key, DataType type, Bytes field, long version, long generation)
      implements VersionedRecord {
    @Override
    public int sizeBytes() {
      return key.length() + field.length() + 16;
    }
  }
}
