package io.replicator.store;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param directory where the store lives; created when missing, locked while open
 * @param tombstoneRetention how long a tombstone is kept at least, while their size allows
 * @param tombstoneBytesMax size of all tombstones from which the oldest are dropped early
 * @param valueBytesMax longest value of a string, list, opaque key or field that is stored
 * @param writeBatchBytesMax size from which one commit is written in parts
 * @param blockCacheBytes memory for RocksDB's block cache
 */
public record StoreSettings(
    Path directory,
    Duration tombstoneRetention,
    long tombstoneBytesMax,
    int valueBytesMax,
    long writeBatchBytesMax,
    long blockCacheBytes) {

  /** What {@code reference.conf} says, for {@code directory}. */
  public static StoreSettings defaults(Path directory) {
    return new StoreSettings(
        directory, Duration.ofDays(7), 256L << 20, 64 << 20, 64L << 20, 128L << 20);
  }
}
