package io.replicator.cassandra.verify;

import static io.replicator.cassandra.verify.CassandraListing.await;

import com.datastax.oss.driver.api.core.ProtocolVersion;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.type.codec.TypeCodecs;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.verify.CassandraListing.Found;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.KeyDigest;
import io.replicator.streams.verify.KeyImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads all tables of data between two tokens. A key's rows follow each other, so they are put
 * together as they come. Blocks; confined to one thread, others may scan other ranges.
 */
final class RangeScan {
  /** Keys for which the directory is asked at once, some for each of its buckets. */
  private static final int KEYS_MAX = 8_000;

  private static final int BYTES_MAX = 4 << 20;
  private static final int PARTITIONS_PAGE = 1_000;

  private final CassandraLink link;
  private final ViewStatements statements;
  private final DirectoryReader directory;
  private final LargeValues values;
  private final int database;
  private final KeyDigest seen;
  private final Found found;
  private final Map<Table, PageSize> pageSizes = new EnumMap<>(Table.class);

  /** Keys whose rows have all come, until they are enough to ask the directory for. */
  private final List<KeyRows> complete = new ArrayList<>();

  private long bytes;

  /**
   * @param seen takes keys with the tables in which both they and the directory are
   */
  RangeScan(
      CassandraLink link,
      ViewStatements statements,
      DirectoryReader directory,
      LargeValues values,
      int database,
      KeyDigest seen,
      Found found) {
    this.link = link;
    this.statements = statements;
    this.directory = directory;
    this.values = values;
    this.database = database;
    this.seen = seen;
    this.found = found;
    for (Table table : Table.values()) {
      pageSizes.put(table, new PageSize());
    }
  }

  /** One of {@link CassandraListing#RANGES}. */
  void scan(int range) throws InterruptedException {
    for (Table table : Table.values()) {
      if (table.isLarge()) {
        scanPartitions(table, range);
      } else {
        scanRows(table, range);
      }
    }
  }

  /** Hands on what the scans so far have found. */
  void finish() throws InterruptedException {
    flush();
  }

  private void scanRows(Table table, int range) throws InterruptedException {
    PageSize pageSize = pageSizes.get(table);
    int ofDatabase =
        table.rowColumns().size() + table.valueColumns().size() + (hasLife(table) ? 1 : 0);
    KeyRows open = null;
    ByteBuffer paging = null;
    do {
      AsyncResultSet page = page(statements.of(table).range, range, pageSize.rows(), paging);
      pageSize.follow(page);
      long nowMs = System.currentTimeMillis();
      for (Row row : page.currentPage()) {
        if (row.getInt(ofDatabase) != database) {
          continue;
        }
        Bytes key = Names.decoded(row.getBytesUnsafe(ofDatabase + 1));
        if (open == null || !open.key().equals(key)) {
          complete(open);
          open = new KeyRows(table, key);
        }
        open.add(row, 0, nowMs);
      }
      paging = page.hasMorePages() ? page.getExecutionInfo().getPagingState() : null;
    } while (paging != null);
    complete(open);
  }

  private static boolean hasLife(Table table) {
    return !table.valueColumns().isEmpty();
  }

  private AsyncResultSet page(PreparedStatement select, int range, int rows, ByteBuffer paging)
      throws InterruptedException {
    long width = Long.MAX_VALUE / CassandraListing.RANGES * 2;
    long from = Long.MIN_VALUE + range * width;
    long to = range == CassandraListing.RANGES - 1 ? Long.MAX_VALUE : from + width - 1;
    return await(
        link.send(
            select
                .boundStatementBuilder()
                // A token is bound as the number that it is.
                .setBytesUnsafe(0, number(from))
                .setBytesUnsafe(1, number(to))
                .setPageSize(rows)
                .setPagingState(paging)
                .build()));
  }

  private static ByteBuffer number(long number) {
    return TypeCodecs.BIGINT.encodePrimitive(number, ProtocolVersion.DEFAULT);
  }

  private void complete(KeyRows rows) throws InterruptedException {
    if (rows == null) {
      return;
    }
    complete.add(rows);
    bytes += rows.key().length() + rows.bytes();
    if (complete.size() >= KEYS_MAX || bytes >= BYTES_MAX) {
      flush();
    }
  }

  private void flush() throws InterruptedException {
    if (complete.isEmpty()) {
      return;
    }
    Map<Bytes, List<DirectoryEntry>> entries =
        await(directory.entries(complete.stream().map(KeyRows::key).toList()));
    List<Bytes> keys = new ArrayList<>(complete.size());
    List<KeyImage> images = new ArrayList<>(complete.size());
    long nowMs = System.currentTimeMillis();
    for (KeyRows rows : complete) {
      KeyImage image = image(rows, entries.getOrDefault(rows.key(), List.of()), nowMs);
      if (image != null) {
        keys.add(rows.key());
        images.add(image);
      }
    }
    complete.clear();
    bytes = 0;
    found.page(keys, images);
  }

  /** Null where it has expired, or where the directory's buckets will tell. */
  private KeyImage image(KeyRows rows, List<DirectoryEntry> entries, long nowMs) {
    DirectoryEntry own = null;
    int live = 0;
    for (DirectoryEntry entry : entries) {
      live += entry.isLive(nowMs) ? 1 : 0;
      own = entry.table() == rows.table() ? entry : own;
    }
    if (own == null) {
      return rows.unknown();
    }
    if (live > 1) {
      return null;
    }
    seen.add(rows.key(), rows.table().bit());
    return own.isLive(nowMs) ? rows.image(own, nowMs) : null;
  }

  // ---- Large collections

  private record Partition(Bytes key, int bucket) {}

  private void scanPartitions(Table table, int range) throws InterruptedException {
    ByteBuffer paging = null;
    do {
      AsyncResultSet page = page(statements.of(table).partitions, range, PARTITIONS_PAGE, paging);
      List<Partition> partitions = new ArrayList<>();
      for (Row row : page.currentPage()) {
        if (row.getInt(0) == database) {
          partitions.add(new Partition(Names.decoded(row.getBytesUnsafe(1)), row.getInt(2)));
        }
      }
      nameUnknown(table, partitions);
      paging = page.hasMorePages() ? page.getExecutionInfo().getPagingState() : null;
    } while (paging != null);
  }

  /** Of a key that has several unknown partitions, the first names it. */
  private void nameUnknown(Table table, List<Partition> partitions) throws InterruptedException {
    if (partitions.isEmpty()) {
      return;
    }
    Set<Bytes> asked = new HashSet<>();
    partitions.forEach(partition -> asked.add(partition.key()));
    Map<Bytes, List<DirectoryEntry>> entries = await(directory.entries(asked));
    for (Partition partition : partitions) {
      boolean known =
          entries.getOrDefault(partition.key(), List.of()).stream()
              .anyMatch(entry -> entry.table() == table);
      if (!known && !await(values.isInBucketBefore(partition.bucket(), table, partition.key()))) {
        KeyImage image = new KeyRows(table, partition.key()).unknown();
        found.page(List.of(partition.key()), List.of(image));
      }
    }
  }
}
