package io.replicator.store;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.AbstractImmutableNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB, open, with its column families and everything native that must be closed with it. Any
 * thread; nobody may use it during or after {@link #close}.
 *
 * <table>
 *   <caption>Column families</caption>
 *   <tr><td>records</td><td>{@link RowKey} → {@link RecordRow}, tombstones too</td></tr>
 *   <tr><td>log</td><td>version → {@link LogRow}</td></tr>
 *   <tr><td>graves</td><td>version → {@link GraveRow}, one per tombstone</td></tr>
 *   <tr><td>expiry</td><td>due time and header row → nothing</td></tr>
 *   <tr><td>seen</td><td>header row → nothing: marks of a load</td></tr>
 *   <tr><td>meta</td><td>{@link MetaRow}</td></tr>
 * </table>
 */
final class Tables implements AutoCloseable {
  private static final long WRITE_BUFFER_BYTES = 64L << 20;
  private static final long LOG_WRITE_BUFFER_BYTES = 32L << 20;
  private static final long SMALL_WRITE_BUFFER_BYTES = 8L << 20;
  private static final long WAL_BYTES_MAX = 512L << 20;
  private static final long RECENT_BYTES_MAX = 64L << 20;
  private static final int BLOOM_BITS_PER_KEY = 10;

  private final List<AbstractImmutableNativeReference> natives = new ArrayList<>();
  private final RocksDB rocks;
  private final ReadOptions pointReads = new ReadOptions();
  private final WriteOptions buffered = new WriteOptions();
  private final WriteOptions synced = new WriteOptions().setSync(true);

  private final AtomicLong rowsWritten = new AtomicLong();

  /** In front of {@link #records}. */
  final RecentRecords recent = new RecentRecords(RECENT_BYTES_MAX);

  final RowBatch.ColumnFamily records;
  final RowBatch.ColumnFamily log;
  final RowBatch.ColumnFamily graves;
  final RowBatch.ColumnFamily expiry;
  final RowBatch.ColumnFamily seen;
  final RowBatch.ColumnFamily meta;

  private Tables(RocksDB rocks, List<ColumnFamilyHandle> handles) {
    this.rocks = rocks;
    records = RowBatch.ColumnFamily.of(handles.get(1));
    log = RowBatch.ColumnFamily.of(handles.get(2));
    graves = RowBatch.ColumnFamily.of(handles.get(3));
    expiry = RowBatch.ColumnFamily.of(handles.get(4));
    seen = RowBatch.ColumnFamily.of(handles.get(5));
    meta = RowBatch.ColumnFamily.of(handles.get(6));
  }

  static Tables open(Path directory, long blockCacheBytes) throws RocksDBException {
    RocksDB.loadLibrary();
    List<AbstractImmutableNativeReference> natives = new ArrayList<>();
    try {
      Cache cache = kept(natives, new LRUCache(blockCacheBytes));
      BloomFilter bloom = kept(natives, new BloomFilter(BLOOM_BITS_PER_KEY));
      List<ColumnFamilyDescriptor> descriptors =
          List.of(
              descriptor("default", options(natives, cache, SMALL_WRITE_BUFFER_BYTES)),
              descriptor("records", recordOptions(natives, cache, bloom)),
              descriptor("log", options(natives, cache, LOG_WRITE_BUFFER_BYTES)),
              descriptor("graves", options(natives, cache, SMALL_WRITE_BUFFER_BYTES)),
              descriptor("expiry", options(natives, cache, SMALL_WRITE_BUFFER_BYTES)),
              descriptor("seen", options(natives, cache, SMALL_WRITE_BUFFER_BYTES)),
              descriptor("meta", options(natives, cache, SMALL_WRITE_BUFFER_BYTES)));
      DBOptions options =
          kept(natives, new DBOptions())
              .setCreateIfMissing(true)
              .setCreateMissingColumnFamilies(true)
              .setMaxBackgroundJobs(2)
              .setMaxTotalWalSize(WAL_BYTES_MAX)
              .setBytesPerSync(1 << 20)
              .setWalBytesPerSync(1 << 20)
              .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
              .setKeepLogFileNum(4)
              .setMaxLogFileSize(4 << 20)
              .setStatsDumpPeriodSec(0)
              .setMaxOpenFiles(1000)
              .setAllowConcurrentMemtableWrite(false)
              .setEnableWriteThreadAdaptiveYield(false);
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB rocks = RocksDB.open(options, directory.toString(), descriptors, handles);
      Tables tables = new Tables(rocks, handles);
      tables.natives.addAll(natives);
      tables.natives.addAll(handles);
      return tables;
    } catch (RocksDBException | RuntimeException e) {
      closeLastFirst(natives);
      throw e;
    }
  }

  private static <T extends AbstractImmutableNativeReference> T kept(
      List<AbstractImmutableNativeReference> natives, T reference) {
    natives.add(reference);
    return reference;
  }

  private static ColumnFamilyDescriptor descriptor(String name, ColumnFamilyOptions options) {
    return new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), options);
  }

  private static ColumnFamilyOptions options(
      List<AbstractImmutableNativeReference> natives, Cache cache, long writeBufferBytes) {
    return kept(natives, new ColumnFamilyOptions())
        .setWriteBufferSize(writeBufferBytes)
        .setMaxWriteBufferNumber(3)
        .setLevelCompactionDynamicLevelBytes(true)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache));
  }

  // Nearly every write looks its record up first, and most new keys are in no file: the bloom
  // filters answer that. Cold records, read by loads, are worth zstd.
  private static ColumnFamilyOptions recordOptions(
      List<AbstractImmutableNativeReference> natives, Cache cache, BloomFilter bloom) {
    return options(natives, cache, WRITE_BUFFER_BYTES)
        .setBottommostCompressionType(CompressionType.ZSTD_COMPRESSION)
        .setMemtablePrefixBloomSizeRatio(0.02)
        .setMemtableWholeKeyFiltering(true)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(8 * 1024)
                .setFilterPolicy(bloom)
                .setOptimizeFiltersForMemory(true));
  }

  byte[] get(RowBatch.ColumnFamily family, byte[] key) {
    return get(family, pointReads, key);
  }

  byte[] get(RowBatch.ColumnFamily family, ReadOptions options, byte[] key) {
    try {
      return rocks.get(family.handle(), options, key);
    } catch (RocksDBException e) {
      throw failed("reading a row of", e);
    }
  }

  /** The rows of {@code keys} in their order, null where there is none. */
  List<byte[]> get(RowBatch.ColumnFamily family, ReadOptions options, List<byte[]> keys) {
    try {
      return rocks.multiGetAsList(options, Collections.nCopies(keys.size(), family.handle()), keys);
    } catch (RocksDBException e) {
      throw failed("reading " + keys.size() + " rows of", e);
    }
  }

  List<byte[]> get(RowBatch.ColumnFamily family, List<byte[]> keys) {
    return get(family, pointReads, keys);
  }

  RowScan scan(RowBatch.ColumnFamily family, byte[] end) {
    return new RowScan(this, family, end, null);
  }

  RowScan scan(RowBatch.ColumnFamily family, byte[] end, Snapshot snapshot) {
    return new RowScan(this, family, end, snapshot);
  }

  RocksIterator iterator(RowBatch.ColumnFamily family, ReadOptions options) {
    return rocks.newIterator(family.handle(), options);
  }

  Snapshot snapshot() {
    return rocks.getSnapshot();
  }

  void release(Snapshot snapshot) {
    rocks.releaseSnapshot(snapshot);
  }

  void write(RowBatch batch, boolean sync) {
    try (WriteBatch rows = batch.toWriteBatch()) {
      rocks.write(sync ? synced : buffered, rows);
      rowsWritten.addAndGet(batch.count());
    } catch (RocksDBException e) {
      throw failed("writing " + batch.count() + " rows to", e);
    }
  }

  /** Waits until the disk has everything that was written before. */
  void sync() {
    try {
      rocks.syncWal();
    } catch (RocksDBException e) {
      throw failed("waiting for the disk of", e);
    }
  }

  /** Rows put and deleted since the opening, a range as one. */
  long rowsWritten() {
    return rowsWritten.get();
  }

  StoreException failed(String doing, RocksDBException cause) {
    return new StoreException(
        doing + " the store in " + rocks.getName() + " failed: " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    List<AbstractImmutableNativeReference> handles = new ArrayList<>();
    List<AbstractImmutableNativeReference> others = new ArrayList<>();
    for (AbstractImmutableNativeReference reference : natives) {
      (reference instanceof ColumnFamilyHandle ? handles : others).add(reference);
    }
    closeLastFirst(handles);
    rocks.close();
    closeLastFirst(others);
    pointReads.close();
    buffered.close();
    synced.close();
  }

  private static void closeLastFirst(List<AbstractImmutableNativeReference> references) {
    for (int i = references.size() - 1; i >= 0; i--) {
      references.get(i).close();
    }
  }
}
