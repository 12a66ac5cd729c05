package io.replicator.streams;

import com.google.protobuf.WireFormat;
import io.replicator.protocol.v1.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import java.util.List;

/**
 * One encoding of one batch, in two passes over the records: the first counts the bytes of every
 * column, the second writes each byte once, at its place in an array of the exact size. Nothing is
 * boxed and nothing grows.
 *
 * <p>Writes what protobuf's generated code would write for the same message.
 */
final class BatchEncoder {
  private static final int NOT_COUNTED = -1;

  private final io.replicator.replication.Batch batch;
  private final List<VersionedRecord> records;
  private final long pulledAtMs;
  private final boolean versioned;
  private final byte[] from;
  private final byte[] to;

  /** Bytes that key i shares with the key before; {@link #NOT_COUNTED} for the same key. */
  private final int[] keyShared;

  /** Bytes that the field of record i shares with the field before; only where it has one. */
  private final int[] fieldShared;

  private long sharedTotal;
  private boolean keysShare;
  private boolean fieldsShare;

  /** The values in order; only the first {@link #valueCount}. */
  private final Bytes[] values;

  private int valueCount;

  /** Null where the values are not cut into pieces. */
  private PieceEncoder pieces;

  private long piecesBytes;

  // Bytes of the columns.
  private long keySharedBytes;
  private long keyRestBytes;
  private long keysBytes;
  private long fieldSharedBytes;
  private long fieldRestBytes;
  private long fieldsBytes;
  private long valueLengthsBytes;
  private long valuesBytes;
  private long expiriesBytes;
  private long versionsBytes;

  BatchEncoder(io.replicator.replication.Batch batch, long pulledAtMs) {
    this.batch = batch;
    this.records = batch.records();
    this.pulledAtMs = pulledAtMs;
    this.versioned = batch.from() instanceof Cursor.At;
    this.from = cursorBytes(batch.from());
    this.to = cursorBytes(batch.to());
    this.keyShared = new int[records.size()];
    this.fieldShared = new int[records.size()];
    this.values = new Bytes[records.size()];
  }

  byte[] encode() {
    count();
    int size = records.size();
    long total =
        column(Batch.FROM_FIELD_NUMBER, from.length)
            + lengthDelimited(Batch.TO_FIELD_NUMBER, to.length, true)
            + (batch.frontier() ? 2 : 0)
            + (batch.openKey() ? 2 : 0)
            + column(Batch.KINDS_FIELD_NUMBER, size)
            + column(Batch.KEY_SHARED_FIELD_NUMBER, keySharedBytes)
            + column(Batch.KEY_REST_FIELD_NUMBER, keyRestBytes)
            + column(Batch.KEYS_FIELD_NUMBER, keysBytes)
            + column(Batch.FIELD_SHARED_FIELD_NUMBER, fieldSharedBytes)
            + column(Batch.FIELD_REST_FIELD_NUMBER, fieldRestBytes)
            + column(Batch.FIELDS_FIELD_NUMBER, fieldsBytes)
            + column(Batch.VALUE_LENGTHS_FIELD_NUMBER, valueLengthsBytes)
            + column(Batch.VALUES_FIELD_NUMBER, valuesBytes)
            + column(Batch.EXPIRIES_FIELD_NUMBER, expiriesBytes)
            + column(Batch.VERSIONS_FIELD_NUMBER, versionsBytes)
            + (pulledAtMs == 0
                ? 0
                : tagBytes(Batch.PULLED_AT_MS_FIELD_NUMBER) + ColumnWriter.varintBytes(pulledAtMs))
            + column(Batch.PIECES_FIELD_NUMBER, piecesBytes);
    if (total > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("batch of " + total + " bytes, over 2 GiB");
    }
    byte[] plain = new byte[(int) total];
    write(plain);
    return plain;
  }

  private void count() {
    Bytes key = Bytes.EMPTY;
    Bytes field = Bytes.EMPTY;
    long expiry = 0;
    long version = firstVersion();
    for (int i = 0; i < records.size(); i++) {
      VersionedRecord record = records.get(i);
      key = countKey(i, key, record.key());
      if (record instanceof VersionedRecord.Header header) {
        if (!header.type().isCollection()) {
          countValue(header.value());
        }
        if (header.expiresAtMs() != 0) {
          expiriesBytes +=
              ColumnWriter.varintBytes(ColumnWriter.zigzag(header.expiresAtMs() - expiry));
          expiry = header.expiresAtMs();
        }
      } else if (record instanceof VersionedRecord.Field valued) {
        field = countField(i, field, valued.field());
        countValue(valued.value());
      } else if (record instanceof VersionedRecord.DeletedField deleted) {
        field = countField(i, field, deleted.field());
      }
      if (versioned) {
        versionsBytes += ColumnWriter.varintBytes(ColumnWriter.zigzag(record.version() - version));
        version = record.version();
      } else if (record instanceof VersionedRecord.DeletedKey
          || record instanceof VersionedRecord.DeletedField) {
        throw new IllegalArgumentException("tombstone of " + record.key() + " in a load");
      }
    }
    PieceForm form = PieceForm.of(values, valueCount, valuesBytes);
    if (form != null) {
      pieces = new PieceEncoder(form);
      for (int i = 0; i < valueCount; i++) {
        pieces.add(values[i]);
      }
      piecesBytes = pieces.bytes();
      valueLengthsBytes = 0;
      valuesBytes = 0;
    }
    // A column of nothing but zeros is left out.
    keySharedBytes = keysShare ? keySharedBytes : 0;
    fieldSharedBytes = fieldsShare ? fieldSharedBytes : 0;
  }

  private Bytes countKey(int i, Bytes before, Bytes key) {
    int common = key.commonPrefix(before);
    if (i > 0 && common == key.length() && common == before.length()) {
      keyShared[i] = NOT_COUNTED;
    } else {
      int shared = shareable(common);
      keyShared[i] = shared;
      keysShare |= shared > 0;
      int rest = key.length() - shared;
      keySharedBytes += ColumnWriter.varintBytes(shared);
      keyRestBytes += ColumnWriter.varintBytes(rest);
      keysBytes += rest;
    }
    return key;
  }

  private Bytes countField(int i, Bytes before, Bytes field) {
    int shared = shareable(field.commonPrefix(before));
    fieldShared[i] = shared;
    fieldsShare |= shared > 0;
    int rest = field.length() - shared;
    fieldSharedBytes += ColumnWriter.varintBytes(shared);
    fieldRestBytes += ColumnWriter.varintBytes(rest);
    fieldsBytes += rest;
    return field;
  }

  private int shareable(int common) {
    if (sharedTotal + common > BatchCodec.SHARED_BYTES_MAX) {
      return 0;
    }
    sharedTotal += common;
    return common;
  }

  private void countValue(Bytes value) {
    values[valueCount++] = value;
    valueLengthsBytes += ColumnWriter.varintBytes(value.length());
    valuesBytes += value.length();
  }

  private void write(byte[] plain) {
    ColumnWriter out = new ColumnWriter(plain, 0);
    if (from.length > 0) {
      out.putDelimited(Batch.FROM_FIELD_NUMBER, from, from.length);
    }
    out.putDelimited(Batch.TO_FIELD_NUMBER, to, to.length);
    putFlag(out, Batch.FRONTIER_FIELD_NUMBER, batch.frontier());
    putFlag(out, Batch.OPEN_KEY_FIELD_NUMBER, batch.openKey());
    ColumnWriter kinds = begin(out, Batch.KINDS_FIELD_NUMBER, records.size());
    ColumnWriter keyShares = begin(out, Batch.KEY_SHARED_FIELD_NUMBER, keySharedBytes);
    ColumnWriter keyRests = begin(out, Batch.KEY_REST_FIELD_NUMBER, keyRestBytes);
    ColumnWriter keys = begin(out, Batch.KEYS_FIELD_NUMBER, keysBytes);
    ColumnWriter fieldShares = begin(out, Batch.FIELD_SHARED_FIELD_NUMBER, fieldSharedBytes);
    ColumnWriter fieldRests = begin(out, Batch.FIELD_REST_FIELD_NUMBER, fieldRestBytes);
    ColumnWriter fields = begin(out, Batch.FIELDS_FIELD_NUMBER, fieldsBytes);
    ColumnWriter lengths = begin(out, Batch.VALUE_LENGTHS_FIELD_NUMBER, valueLengthsBytes);
    ColumnWriter content = begin(out, Batch.VALUES_FIELD_NUMBER, valuesBytes);
    ColumnWriter expiries = begin(out, Batch.EXPIRIES_FIELD_NUMBER, expiriesBytes);
    ColumnWriter versions = begin(out, Batch.VERSIONS_FIELD_NUMBER, versionsBytes);
    if (pulledAtMs != 0) {
      out.putTag(Batch.PULLED_AT_MS_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
      out.putVarint(pulledAtMs);
    }
    if (pieces != null) {
      out.putTag(Batch.PIECES_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.putVarint((int) piecesBytes);
      pieces.write(out);
    } else {
      for (int i = 0; i < valueCount; i++) {
        lengths.putVarint(values[i].length());
        content.putBytes(values[i], 0);
      }
    }

    long expiry = 0;
    long version = firstVersion();
    for (int i = 0; i < records.size(); i++) {
      VersionedRecord record = records.get(i);
      int kind = kind(record);
      if (keyShared[i] == NOT_COUNTED) {
        kind |= RecordKind.SAME_KEY;
      } else {
        putShared(record.key(), keyShared[i], keysShare, keyShares, keyRests, keys);
      }
      kinds.putByte(kind);
      if (record instanceof VersionedRecord.Header header) {
        if (header.expiresAtMs() != 0) {
          expiries.putVarint(ColumnWriter.zigzag(header.expiresAtMs() - expiry));
          expiry = header.expiresAtMs();
        }
      } else if (record instanceof VersionedRecord.Field valued) {
        putShared(valued.field(), fieldShared[i], fieldsShare, fieldShares, fieldRests, fields);
      } else if (record instanceof VersionedRecord.DeletedField deleted) {
        putShared(deleted.field(), fieldShared[i], fieldsShare, fieldShares, fieldRests, fields);
      }
      if (versioned) {
        versions.putVarint(ColumnWriter.zigzag(record.version() - version));
        version = record.version();
      }
    }
    if (out.position() != plain.length) {
      throw new IllegalStateException("batch ends at " + out.position() + " of " + plain.length);
    }
  }

  private static void putShared(
      Bytes bytes,
      int shared,
      boolean writeShared,
      ColumnWriter shares,
      ColumnWriter rests,
      ColumnWriter content) {
    if (writeShared) {
      shares.putVarint(shared);
    }
    rests.putVarint(bytes.length() - shared);
    content.putBytes(bytes, shared);
  }

  private static int kind(VersionedRecord record) {
    if (record instanceof VersionedRecord.Header header) {
      return RecordKind.HEADER
          | (header.type().code() << RecordKind.TYPE_SHIFT)
          | (header.expiresAtMs() != 0 ? RecordKind.HAS_EXPIRY : 0)
          | (header.replaces() ? RecordKind.REPLACES : 0);
    } else if (record instanceof VersionedRecord.Field field) {
      return RecordKind.FIELD | (field.type().code() << RecordKind.TYPE_SHIFT);
    } else if (record instanceof VersionedRecord.DeletedField field) {
      return RecordKind.DELETED_FIELD | (field.type().code() << RecordKind.TYPE_SHIFT);
    }
    return RecordKind.DELETED_KEY;
  }

  private long firstVersion() {
    return batch.from() instanceof Cursor.At at ? at.version() : 0;
  }

  private static byte[] cursorBytes(Cursor cursor) {
    io.replicator.protocol.v1.Cursor wire = WireMapping.toWire(cursor);
    return wire == null ? new byte[0] : wire.toByteArray();
  }

  /** Writes the head of a column and passes over its content, which the result writes. */
  private static ColumnWriter begin(ColumnWriter out, int number, long bytes) {
    if (bytes == 0) {
      return out;
    }
    out.putTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.putVarint((int) bytes);
    return out.fork((int) bytes);
  }

  private static void putFlag(ColumnWriter out, int number, boolean flag) {
    if (flag) {
      out.putTag(number, WireFormat.WIRETYPE_VARINT);
      out.putByte(1);
    }
  }

  private static int tagBytes(int number) {
    return ColumnWriter.varintBytes(number << 3);
  }

  private static long column(int number, long bytes) {
    return lengthDelimited(number, bytes, bytes > 0);
  }

  private static long lengthDelimited(int number, long bytes, boolean present) {
    return present ? tagBytes(number) + ColumnWriter.varintBytes(bytes) + bytes : 0;
  }
}
