package io.replicator.store;

import java.util.Arrays;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.WriteBatch;

/**
 * Collects what is written atomically, in RocksDB's own form of a write batch, so that handing it
 * over is one native call instead of one a row; that is half the cost of a small commit.
 *
 * <pre>
 *   sequence(8), 0 here | count(4, little-endian) | entries
 *   entry:  tag(1) | column family id, varint | key | [value]       both with their length, varint
 * </pre>
 *
 * The form is that of the write-ahead log and as stable as it (rocksdb/db/write_batch.cc). Not
 * thread-safe. A batch is used again after {@link #clear}.
 */
final class RowBatch {
  private static final int HEADER_BYTES = 12;
  private static final int KEPT_BYTES_MAX = 4 << 20;
  private static final byte DELETE = 0x4;
  private static final byte PUT = 0x5;
  private static final byte SINGLE_DELETE = 0x8;
  private static final byte DELETE_RANGE = 0xE;

  private byte[] bytes = new byte[64 * 1024];
  private int size = HEADER_BYTES;
  private int count;

  void put(ColumnFamily family, byte[] key, byte[] value) {
    begin(PUT, family, (long) key.length + value.length);
    append(key);
    append(value);
  }

  void delete(ColumnFamily family, byte[] key) {
    begin(DELETE, family, key.length);
    append(key);
  }

  /** Deletes a row that was put exactly once since it was last deleted; leaves no trace of it. */
  void singleDelete(ColumnFamily family, byte[] key) {
    begin(SINGLE_DELETE, family, key.length);
    append(key);
  }

  /** Deletes the rows from {@code from} inclusive to {@code end} exclusive. */
  void deleteRange(ColumnFamily family, byte[] from, byte[] end) {
    begin(DELETE_RANGE, family, (long) from.length + end.length);
    append(from);
    append(end);
  }

  int count() {
    return count;
  }

  int sizeBytes() {
    return size;
  }

  /** The batch as RocksDB takes it; to be closed by the caller. */
  WriteBatch toWriteBatch() {
    for (int i = 0; i < 4; i++) {
      bytes[8 + i] = (byte) (count >>> (8 * i));
    }
    return new WriteBatch(Arrays.copyOf(bytes, size));
  }

  void clear() {
    size = HEADER_BYTES;
    count = 0;
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[64 * 1024];
    }
  }

  private void begin(byte tag, ColumnFamily family, long payload) {
    ensure(payload + 1 + 3 * Varint.BYTES_MAX);
    bytes[size++] = tag;
    size = Varint.write(bytes, size, family.id());
    count++;
  }

  private void append(byte[] slice) {
    size = Varint.write(bytes, size, slice.length);
    System.arraycopy(slice, 0, bytes, size, slice.length);
    size += slice.length;
  }

  private void ensure(long more) {
    long needed = size + more;
    if (needed > Integer.MAX_VALUE - 16) {
      throw new StoreException("a write of " + needed + " bytes is more than one batch can be");
    }
    if (needed > bytes.length) {
      bytes =
          Arrays.copyOf(
              bytes, (int) Math.min(Integer.MAX_VALUE - 16, Math.max(needed, 2L * bytes.length)));
    }
  }

  /** A column family by its handle and its id, which is asked for once. */
  record ColumnFamily(ColumnFamilyHandle handle, int id) {
    static ColumnFamily of(ColumnFamilyHandle handle) {
      return new ColumnFamily(handle, handle.getID());
    }
  }
}
