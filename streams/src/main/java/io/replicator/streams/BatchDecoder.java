package io.replicator.streams;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Batch;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One decoding of one batch. The message is read by hand: the columns stay where they are, and
 * nothing is allocated but the records and the keys that share bytes.
 */
final class BatchDecoder {
  private static final int FIELDS_MAX = Batch.PIECES_FIELD_NUMBER;
  private static final String[] NAMES = new String[FIELDS_MAX + 1];

  static {
    for (FieldDescriptor field : Batch.getDescriptor().getFields()) {
      NAMES[field.getNumber()] = field.getName();
    }
  }

  private final byte[] plain;
  private final ColumnReader[] columns = new ColumnReader[FIELDS_MAX + 1];

  private Cursor from = Cursor.NOTHING;
  private Cursor to = Cursor.NOTHING;
  private boolean frontier;
  private boolean openKey;
  private long pulledAtMs;

  BatchDecoder(byte[] plain) {
    this.plain = plain;
  }

  BatchCodec.Decoded decode() {
    readMessage();
    checkCursors();
    var batch = new io.replicator.replication.Batch(from, to, frontier, openKey, readRecords());
    return new BatchCodec.Decoded(batch, pulledAtMs);
  }

  private void readMessage() {
    CodedInputStream in = CodedInputStream.newInstance(plain);
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = WireFormat.getTagFieldNumber(tag);
        if (number > FIELDS_MAX) {
          if (!in.skipField(tag)) {
            throw malformed("batch ends a group that did not begin");
          }
        } else if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
          readScalar(number, in);
        } else if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          int length = in.readRawVarint32();
          int start = in.getTotalBytesRead();
          in.skipRawBytes(length);
          readDelimited(number, start, start + length);
        } else {
          throw malformed("field " + NAMES[number] + " of a batch has tag " + tag);
        }
      }
    } catch (IOException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "the " + plain.length + " plain bytes of a block are no Batch message: " + e.getMessage(),
          e);
    }
  }

  private void readScalar(int number, CodedInputStream in) throws IOException {
    switch (number) {
      case Batch.FRONTIER_FIELD_NUMBER -> frontier = in.readBool();
      case Batch.OPEN_KEY_FIELD_NUMBER -> openKey = in.readBool();
      case Batch.PULLED_AT_MS_FIELD_NUMBER -> pulledAtMs = in.readUInt64();
      default -> throw malformed("field " + NAMES[number] + " of a batch is a single number");
    }
  }

  private void readDelimited(int number, int start, int end) {
    switch (number) {
      case Batch.FROM_FIELD_NUMBER -> from = readCursor(start, end);
      case Batch.TO_FIELD_NUMBER -> to = readCursor(start, end);
      case Batch.FRONTIER_FIELD_NUMBER,
          Batch.OPEN_KEY_FIELD_NUMBER,
          Batch.PULLED_AT_MS_FIELD_NUMBER ->
          throw malformed("field " + NAMES[number] + " of a batch is no number");
      default -> {
        if (columns[number] != null) {
          throw malformed("column " + NAMES[number] + " of a batch comes twice");
        }
        columns[number] = new ColumnReader(NAMES[number], plain, start, end);
      }
    }
  }

  private Cursor readCursor(int start, int end) {
    try {
      return WireMapping.toCursor(
          io.replicator.protocol.v1.Cursor.parser().parseFrom(plain, start, end - start));
    } catch (IOException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED, "cursor of a batch is none: " + e.getMessage(), e);
    }
  }

  private void checkCursors() {
    if (to instanceof Cursor.Nothing) {
      throw malformed("batch leads to no cursor");
    }
    if (from instanceof Cursor.At at) {
      if (!(to instanceof Cursor.At after)) {
        throw malformed("batch leads from version " + at.version() + " into a load");
      }
      if (!after.epoch().equals(at.epoch()) || after.version() < at.version()) {
        throw malformed("batch leads from " + at + " to " + after);
      }
    }
  }

  private List<VersionedRecord> readRecords() {
    ColumnReader kinds = column(Batch.KINDS_FIELD_NUMBER);
    int size = kinds.bytes();
    if (size > BatchCodec.RECORDS_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "batch of " + size + " records, at most " + BatchCodec.RECORDS_MAX + " are allowed");
    }
    SharedColumn keys =
        new SharedColumn(
            column(Batch.KEY_SHARED_FIELD_NUMBER),
            column(Batch.KEY_REST_FIELD_NUMBER),
            column(Batch.KEYS_FIELD_NUMBER));
    SharedColumn fields =
        new SharedColumn(
            column(Batch.FIELD_SHARED_FIELD_NUMBER),
            column(Batch.FIELD_REST_FIELD_NUMBER),
            column(Batch.FIELDS_FIELD_NUMBER));
    ValueColumn values = values();
    ColumnReader expiries = column(Batch.EXPIRIES_FIELD_NUMBER);
    ColumnReader versions = column(Batch.VERSIONS_FIELD_NUMBER);

    boolean versioned = from instanceof Cursor.At;
    long version = from instanceof Cursor.At at ? at.version() : 0;
    long expiry = 0;
    Bytes key = null;
    List<VersionedRecord> records = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      int kind = kinds.nextByte();
      if ((kind & RecordKind.SAME_KEY) == 0) {
        key = keys.next();
      } else if (key == null) {
        throw malformed("first record of a batch has the key of the record before");
      }
      if (versioned) {
        version += versions.nextSigned();
        if (version < 0) {
          throw malformed("record " + i + " of a batch has version " + version);
        }
      }
      int flags = kind & (RecordKind.HAS_EXPIRY | RecordKind.REPLACES);
      int what = kind & RecordKind.KIND_MASK;
      int typeCode = (kind >> RecordKind.TYPE_SHIFT) & RecordKind.TYPE_MASK;
      if (flags != 0 && what != RecordKind.HEADER) {
        throw malformed(describe(i, kind) + " has flags of a header");
      }
      if (!versioned && what >= RecordKind.DELETED_KEY) {
        throw malformed(describe(i, kind) + " is a tombstone in a load");
      }
      if (what == RecordKind.DELETED_KEY) {
        if (typeCode != 0) {
          throw malformed(describe(i, kind) + " is a deleted key with a type");
        }
        records.add(new VersionedRecord.DeletedKey(key, version));
        continue;
      }
      if (typeCode == 0) {
        throw malformed(describe(i, kind) + " has no type");
      }
      DataType type = DataType.of(typeCode);
      if (what == RecordKind.HEADER) {
        Bytes value = type.isCollection() ? Bytes.EMPTY : values.next();
        long expiresAtMs = 0;
        if ((kind & RecordKind.HAS_EXPIRY) != 0) {
          expiry += expiries.nextSigned();
          expiresAtMs = expiry;
          if (expiresAtMs == 0) {
            throw malformed(describe(i, kind) + " expires at 0, which stands for never");
          }
        }
        boolean replaces = (kind & RecordKind.REPLACES) != 0;
        records.add(
            new VersionedRecord.Header(
                key, type, value, expiresAtMs, replaces, version, replaces ? version : 0));
      } else if (!type.isCollection()) {
        throw malformed(describe(i, kind) + " is a field of a " + type);
      } else if (what == RecordKind.FIELD) {
        Bytes field = fields.next();
        Bytes value = values.next();
        records.add(new VersionedRecord.Field(key, type, field, value, version, 0));
      } else {
        records.add(new VersionedRecord.DeletedField(key, type, fields.next(), version, 0));
      }
    }
    keys.expectEnd(size);
    fields.expectEnd(size);
    values.expectEnd(size);
    expiries.expectEnd(size);
    versions.expectEnd(size);
    return Collections.unmodifiableList(records);
  }

  private ValueColumn values() {
    if (columns[Batch.PIECES_FIELD_NUMBER] == null) {
      return new ValueColumn.Slices(
          column(Batch.VALUE_LENGTHS_FIELD_NUMBER), column(Batch.VALUES_FIELD_NUMBER));
    }
    if (columns[Batch.VALUE_LENGTHS_FIELD_NUMBER] != null
        || columns[Batch.VALUES_FIELD_NUMBER] != null) {
      throw malformed("batch has its values in both layouts");
    }
    return new PieceDecoder(columns[Batch.PIECES_FIELD_NUMBER]).decode();
  }

  static void checkRepeated(String column, long bytes) {
    if (bytes > BatchCodec.SHARED_BYTES_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "column "
              + column
              + " of a batch repeats "
              + bytes
              + " bytes, at most "
              + BatchCodec.SHARED_BYTES_MAX
              + " are allowed");
    }
  }

  /** An absent column is an empty one. */
  private ColumnReader column(int number) {
    ColumnReader column = columns[number];
    return column != null ? column : new ColumnReader(NAMES[number], plain, 0, 0);
  }

  private static String describe(int record, int kind) {
    return String.format("record %d of a batch, kind %02x,", record, kind);
  }

  private static WireException malformed(String detail) {
    return new WireException(Refusal.Reason.MALFORMED, detail);
  }
}
