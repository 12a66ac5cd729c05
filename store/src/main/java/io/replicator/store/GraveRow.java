package io.replicator.store;

import java.util.Arrays;

/**
 * The value of a grave row: when the tombstone of its version was written, and which record row it
 * is. The record may have come to life again, or its collection been deleted since, where a range
 * delete left the grave behind.
 *
 * <pre>
 *   written(8) big-endian, ms since 1970
 *   record row key
 * </pre>
 */
final class GraveRow {
  private static final int OVERHEAD_BYTES = 64;

  private GraveRow() {}

  static byte[] encode(long writtenMs, byte[] recordRow) {
    byte[] row = new byte[Long.BYTES + recordRow.length];
    RowKey.putLong(row, 0, writtenMs);
    System.arraycopy(recordRow, 0, row, Long.BYTES, recordRow.length);
    return row;
  }

  static long writtenMs(byte[] row) {
    return RowKey.longAt(row, 0);
  }

  static byte[] recordRow(byte[] row) {
    return Arrays.copyOfRange(row, Long.BYTES, row.length);
  }

  /** What a tombstone takes in all of its rows, about. */
  static long tombstoneBytes(byte[] recordRow) {
    return 3L * recordRow.length + OVERHEAD_BYTES;
  }
}
