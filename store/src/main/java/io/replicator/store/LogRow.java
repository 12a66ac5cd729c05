package io.replicator.store;

import java.util.Arrays;

/**
 * The value of a log row: which record changed at that version, and what a reader needs to know
 * before it looks the record up.
 *
 * <pre>
 *   flags(1)   bit 0 tombstone, bit 1 field
 *   varint     version - generation
 *   varint     length of the record row's value, to bound how much one read brings
 *   record row key
 * </pre>
 */
final class LogRow {
  private static final int TOMBSTONE = 1;
  private static final int FIELD = 2;

  private LogRow() {}

  static byte[] encode(long version, RecordRow record, byte[] recordRow, int valueLength) {
    long age = version - record.generation();
    byte[] row = new byte[1 + Varint.length(age) + Varint.length(valueLength) + recordRow.length];
    row[0] = (byte) ((record.tombstone() ? TOMBSTONE : 0) | (record.header() ? 0 : FIELD));
    int at = Varint.write(row, 1, age);
    at = Varint.write(row, at, valueLength);
    System.arraycopy(recordRow, 0, row, at, recordRow.length);
    return row;
  }

  static boolean isField(byte[] row) {
    return (row[0] & FIELD) != 0;
  }

  static boolean isTombstone(byte[] row) {
    return (row[0] & TOMBSTONE) != 0;
  }

  static long generation(byte[] row, long version) {
    return version - Varint.read(row, 1);
  }

  static int valueLength(byte[] row) {
    return (int) Varint.read(row, Varint.end(row, 1));
  }

  /** Where the key of the record row begins; it reaches to the end. */
  static int recordRowFrom(byte[] row) {
    return Varint.end(row, Varint.end(row, 1));
  }

  static byte[] recordRow(byte[] row) {
    return Arrays.copyOfRange(row, recordRowFrom(row), row.length);
  }
}
