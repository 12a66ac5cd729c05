package io.replicator.actors.hub;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.store.StoreSettings;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What an entry that is written here may be: what the store and every client can hold.
 *
 * @param valueBytesMax of a value, a field's too
 * @param collectionBytesMax of a collection with all its fields, each with what it takes beside its
 *     bytes: an entry is written whole or not at all, so it must fit one write of the store beside
 *     what it replaces
 */
record EntryLimits(int valueBytesMax, long collectionBytesMax) {
  /** What a client can name: keys and names of fields travel in one frame with others. */
  private static final int NAME_BYTES_MAX = 512 << 10;

  private static final int SCORE_BYTES = 8;
  private static final int STREAM_ID_BYTES = 16;
  private static final Bytes NO_STREAM_ID = Bytes.wrap(new byte[STREAM_ID_BYTES]);

  static EntryLimits of(StoreSettings store) {
    return new EntryLimits(store.valueBytesMax(), store.writeBatchBytesMax() / 4);
  }

  /**
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  void require(Entry entry) {
    requireName("the key", entry.key());
    requireValue(entry.value());
    if (entry.expiresAtMs() < 0) {
      throw new IllegalArgumentException(
          "an expiry at " + entry.expiresAtMs() + " ms; 0 is never, others are after 1970");
    }
    if (entry.type().isCollection()) {
      requireFields(entry);
    } else {
      require(
          entry.type() != DataType.LIST || !entry.value().isEmpty(),
          "an empty list: a list has at least one element; delete the key");
    }
  }

  private void requireFields(Entry entry) {
    if (entry.fields().isEmpty()) {
      throw new IllegalArgumentException(
          "an empty " + entry.type() + ": a collection has at least one field; delete the key");
    }
    for (Map.Entry<Bytes, Bytes> field : entry.fields().entrySet()) {
      requireName("a field", field.getKey());
      requireValue(field.getValue());
      requireLayout(entry, field.getKey(), field.getValue());
    }
    long bytes = PendingWrite.sizeBytes(entry);
    if (bytes > collectionBytesMax) {
      throw new IllegalArgumentException(
          "a %s of %d fields that take %d bytes, the limit of a collection written at once is %d"
              .formatted(entry.type(), entry.fields().size(), bytes, collectionBytesMax));
    }
  }

  private static void requireLayout(Entry entry, Bytes field, Bytes value) {
    switch (entry.type()) {
      case SET -> require(value.isEmpty(), "a member of a set has no value");
      case ZSET ->
          require(
              value.length() == SCORE_BYTES && !Double.isNaN(number(value).getDouble()),
              "a score is 8 bytes, and a number");
      case STREAM ->
          // A Redis that gets a copy takes no other.
          require(
              field.length() == STREAM_ID_BYTES && !field.equals(NO_STREAM_ID),
              "an id of a stream is 16 bytes, and not 0-0");
      default -> {}
    }
  }

  private static ByteBuffer number(Bytes value) {
    return ByteBuffer.wrap(value.array(), value.offset(), value.length());
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(rule);
    }
  }

  private static void requireName(String what, Bytes name) {
    if (name.length() > NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          what + " has " + name.length() + " bytes, the limit is " + NAME_BYTES_MAX);
    }
  }

  private void requireValue(Bytes value) {
    if (value.length() > valueBytesMax) {
      throw new IllegalArgumentException(
          "a value of " + value.length() + " bytes, the limit is " + valueBytesMax);
    }
  }
}
