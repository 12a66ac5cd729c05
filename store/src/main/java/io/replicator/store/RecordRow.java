package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;

/**
 * A record as it is stored: a header, a field, or the tombstone of one.
 *
 * <pre>
 *   flags(1)   bits 0-2 type, 0 in the tombstone of a key; bit 3 tombstone; bit 4 expiry present
 *   version(8) big-endian
 *   varint     version - generation
 *   [expiry(8) big-endian, ms since 1970]                  with bit 4
 *   [varint live fields, varint bytes of live fields]      header of a collection
 *   value      the rest
 * </pre>
 *
 * @param type null in the tombstone of a key
 * @param fields live fields; changes without a new version, as {@code fieldBytes} does
 * @param fieldBytes bytes of the live fields and their values
 */
record RecordRow(
    boolean tombstone,
    DataType type,
    long version,
    long generation,
    long expiresAtMs,
    boolean header,
    long fields,
    long fieldBytes,
    Bytes value) {
  private static final int TYPE = 0x07;
  private static final int TOMBSTONE = 0x08;
  private static final int EXPIRES = 0x10;
  private static final int VERSION_AT = 1;
  private static final int GENERATION_AT = VERSION_AT + Long.BYTES;

  static RecordRow header(DataType type, long version, long expiresAtMs, Bytes value) {
    return new RecordRow(false, type, version, version, expiresAtMs, true, 0, 0, value);
  }

  static RecordRow deletedKey(long version) {
    return new RecordRow(true, null, version, version, 0, true, 0, 0, Bytes.EMPTY);
  }

  static RecordRow field(DataType type, long version, long generation, Bytes value) {
    return new RecordRow(false, type, version, generation, 0, false, 0, 0, value);
  }

  static RecordRow deletedField(DataType type, long version, long generation) {
    return new RecordRow(true, type, version, generation, 0, false, 0, 0, Bytes.EMPTY);
  }

  RecordRow withFields(long liveFields, long liveFieldBytes) {
    return new RecordRow(
        tombstone, type, version, generation, expiresAtMs, true, liveFields, liveFieldBytes, value);
  }

  RecordRow withExpiry(long newVersion, long newExpiresAtMs) {
    return new RecordRow(
        tombstone, type, newVersion, generation, newExpiresAtMs, true, fields, fieldBytes, value);
  }

  /** Whether this is the header of a live collection. */
  boolean isCollection() {
    return header && !tombstone && type.isCollection();
  }

  /** Whether the log has a row at the generation beside the one at the version. */
  boolean hasGenerationRow() {
    return isCollection() && generation != version;
  }

  byte[] encode() {
    long age = version - generation;
    boolean counted = isCollection();
    int size =
        GENERATION_AT
            + Varint.length(age)
            + (expiresAtMs != 0 ? Long.BYTES : 0)
            + (counted ? Varint.length(fields) + Varint.length(fieldBytes) : 0)
            + value.length();
    byte[] row = new byte[size];
    row[0] =
        (byte)
            ((type == null ? 0 : type.code())
                | (tombstone ? TOMBSTONE : 0)
                | (expiresAtMs != 0 ? EXPIRES : 0));
    RowKey.putLong(row, VERSION_AT, version);
    int at = Varint.write(row, GENERATION_AT, age);
    if (expiresAtMs != 0) {
      RowKey.putLong(row, at, expiresAtMs);
      at += Long.BYTES;
    }
    if (counted) {
      at = Varint.write(row, at, fields);
      at = Varint.write(row, at, fieldBytes);
    }
    value.copyTo(row, at);
    return row;
  }

  static RecordRow decode(byte[] row, boolean header) {
    boolean tombstone = isTombstone(row);
    int typeCode = row[0] & TYPE;
    DataType type = typeCode == 0 ? null : DataType.of(typeCode);
    long version = version(row);
    long generation = version - Varint.read(row, GENERATION_AT);
    int at = Varint.end(row, GENERATION_AT);
    long expiresAtMs = 0;
    if ((row[0] & EXPIRES) != 0) {
      expiresAtMs = RowKey.longAt(row, at);
      at += Long.BYTES;
    }
    long fields = 0;
    long fieldBytes = 0;
    if (header && !tombstone && type != null && type.isCollection()) {
      fields = Varint.read(row, at);
      at = Varint.end(row, at);
      fieldBytes = Varint.read(row, at);
      at = Varint.end(row, at);
    }
    Bytes value = Bytes.wrap(row, at, row.length - at);
    return new RecordRow(
        tombstone, type, version, generation, expiresAtMs, header, fields, fieldBytes, value);
  }

  static boolean isTombstone(byte[] row) {
    return (row[0] & TOMBSTONE) != 0;
  }

  static long version(byte[] row) {
    return RowKey.longAt(row, VERSION_AT);
  }

  static long generation(byte[] row) {
    return version(row) - Varint.read(row, GENERATION_AT);
  }
}
