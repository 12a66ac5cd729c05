package io.replicator.store;

import io.replicator.replication.Bytes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The values written last, as their rows hold them: what is written often is looked up before every
 * write, and by every pull of a client that keeps up, without going to RocksDB.
 *
 * <p>Only rows of live values of a bounded size are here: nothing but a write changes those, and
 * every write passes here first. Two generations of a bounded size each: when the younger is full
 * it becomes the older, which is forgotten. So what is written again in time stays.
 *
 * <p>Writes, and reads that must see the newest row, happen with the store's write lock held. Other
 * readers may miss a row, and may find one that is newer than what they see of the store: they take
 * it for a version that they know, which is the row's own for good.
 */
final class RecentRecords {
  private static final int VALUE_BYTES_MAX = 1024;
  private static final int OVERHEAD_BYTES = 120;

  private final long generationBytesMax;
  private volatile Map<Bytes, byte[]> young = new ConcurrentHashMap<>();
  private volatile Map<Bytes, byte[]> old = new ConcurrentHashMap<>();
  private long youngBytes;

  /**
   * @param bytesMax of both generations together
   */
  RecentRecords(long bytesMax) {
    this.generationBytesMax = bytesMax / 2;
  }

  /** The value of {@code row}, or null where it is not here. */
  byte[] get(byte[] row) {
    Bytes name = Bytes.wrap(row);
    byte[] value = young.get(name);
    return value != null ? value : old.get(name);
  }

  /** The row is about to be written. */
  void put(byte[] row, RecordRow record, byte[] value) {
    Bytes name = Bytes.wrap(row);
    if (record.tombstone() || record.isCollection() || value.length > VALUE_BYTES_MAX) {
      young.remove(name);
      old.remove(name);
      return;
    }
    if (young.put(name, value) == null) {
      youngBytes += OVERHEAD_BYTES + row.length + value.length;
      if (youngBytes > generationBytesMax) {
        old = young;
        young = new ConcurrentHashMap<>();
        youngBytes = 0;
      }
    }
  }
}
