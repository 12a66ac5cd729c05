package io.replicator.cassandra.apply;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.VersionedRecord;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Batches and records by hand, as a hub would send them. */
final class Batches {
  static final Epoch EPOCH = new Epoch(0x1234);

  private Batches() {}

  static Cursor at(long version) {
    return new Cursor.At(EPOCH, version);
  }

  static Cursor loading(String position) {
    return new Cursor.Loading(EPOCH, 100, Bytes.utf8(position));
  }

  /** A whole load in one batch, up to version 100. */
  static Batch load(VersionedRecord... records) {
    return load(EPOCH, 100, records);
  }

  static Batch load(Epoch epoch, long version, VersionedRecord... records) {
    return new Batch(Cursor.NOTHING, new Cursor.At(epoch, version), true, false, List.of(records));
  }

  /** Up to version 150, where something changed meanwhile: the frontier comes with the delta. */
  static Batch lateLoad(VersionedRecord... records) {
    return new Batch(Cursor.NOTHING, at(150), false, false, List.of(records));
  }

  static Batch part(Cursor from, Cursor to, boolean openKey, VersionedRecord... records) {
    return new Batch(from, to, to instanceof Cursor.At, openKey, List.of(records));
  }

  /** A delta of as many versions as records, which get one each. */
  static Batch delta(long from, VersionedRecord... records) {
    return delta(EPOCH, from, from + records.length, true, records);
  }

  static Batch delta(
      Epoch epoch, long from, long to, boolean frontier, VersionedRecord... records) {
    List<VersionedRecord> versioned = new ArrayList<>();
    for (VersionedRecord record : records) {
      versioned.add(withVersion(record, from + versioned.size() + 1));
    }
    return new Batch(
        new Cursor.At(epoch, from), new Cursor.At(epoch, to), frontier, false, versioned);
  }

  private static VersionedRecord withVersion(VersionedRecord record, long version) {
    if (record instanceof VersionedRecord.Header header) {
      return new VersionedRecord.Header(
          header.key(),
          header.type(),
          header.value(),
          header.expiresAtMs(),
          header.replaces(),
          version,
          header.replaces() ? version : 0);
    } else if (record instanceof VersionedRecord.Field field) {
      return new VersionedRecord.Field(
          field.key(), field.type(), field.field(), field.value(), version, 0);
    } else if (record instanceof VersionedRecord.DeletedField field) {
      return new VersionedRecord.DeletedField(field.key(), field.type(), field.field(), version, 0);
    }
    return new VersionedRecord.DeletedKey(record.key(), version);
  }

  static VersionedRecord string(String key, String value) {
    return string(key, value, 0);
  }

  static VersionedRecord string(String key, String value, long expiresAtMs) {
    return header(key, DataType.STRING, Bytes.utf8(value), expiresAtMs, true);
  }

  static VersionedRecord list(String key, String... elements) {
    return header(key, DataType.LIST, parts(elements), 0, true);
  }

  static VersionedRecord collection(String key, DataType type, long expiresAtMs) {
    return header(key, type, Bytes.EMPTY, expiresAtMs, true);
  }

  static VersionedRecord collection(String key, DataType type) {
    return collection(key, type, 0);
  }

  static VersionedRecord expiry(String key, DataType type, long expiresAtMs) {
    return header(key, type, Bytes.EMPTY, expiresAtMs, false);
  }

  static VersionedRecord header(
      String key, DataType type, Bytes value, long expiresAtMs, boolean replaces) {
    return new VersionedRecord.Header(Bytes.utf8(key), type, value, expiresAtMs, replaces, 0, 0);
  }

  static VersionedRecord hashField(String key, String field, String value) {
    return field(key, DataType.HASH, Bytes.utf8(field), Bytes.utf8(value));
  }

  static VersionedRecord member(String key, String member) {
    return field(key, DataType.SET, Bytes.utf8(member), Bytes.EMPTY);
  }

  static VersionedRecord scored(String key, String member, double score) {
    return field(key, DataType.ZSET, Bytes.utf8(member), score(score));
  }

  static VersionedRecord entry(String key, long ms, long sequence, String... namesAndValues) {
    return field(key, DataType.STREAM, streamId(ms, sequence), parts(namesAndValues));
  }

  static VersionedRecord field(String key, DataType type, Bytes field, Bytes value) {
    return new VersionedRecord.Field(Bytes.utf8(key), type, field, value, 0, 0);
  }

  static VersionedRecord deleted(String key) {
    return new VersionedRecord.DeletedKey(Bytes.utf8(key), 0);
  }

  static VersionedRecord deletedField(String key, DataType type, Bytes field) {
    return new VersionedRecord.DeletedField(Bytes.utf8(key), type, field, 0, 0);
  }

  static VersionedRecord deletedField(String key, String field) {
    return deletedField(key, DataType.HASH, Bytes.utf8(field));
  }

  static Bytes score(double score) {
    return Bytes.wrap(ByteBuffer.allocate(8).putDouble(score).array());
  }

  static Bytes streamId(long ms, long sequence) {
    return Bytes.wrap(ByteBuffer.allocate(16).putLong(ms).putLong(sequence).array());
  }

  static Bytes parts(String... parts) {
    var value = new ByteArrayOutputStream();
    for (String part : parts) {
      byte[] bytes = Bytes.utf8(part).toArray();
      int length = bytes.length;
      while (length >= 0x80) {
        value.write((length & 0x7f) | 0x80);
        length >>>= 7;
      }
      value.write(length);
      value.write(bytes, 0, bytes.length);
    }
    return Bytes.wrap(value.toByteArray());
  }
}
