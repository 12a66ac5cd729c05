package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** Reads the table {@code keys} of one database. */
final class Directory {
  private static final int BUCKETS_AT_ONCE = 8;

  /** A key may be 65,000 bytes long. */
  private static final int SCAN_PAGE = 1_000;

  private final CassandraLink link;
  private final Statements statements;
  private final int database;

  /**
   * That a key is in a table.
   *
   * @param timestamp of the entry
   */
  record Entry(Bytes key, Table table, long expiresAtMs, long timestamp) {}

  Directory(CassandraLink link, Statements statements, int database) {
    this.link = link;
    this.statements = statements;
    this.database = database;
  }

  /** The entries of some keys, in any order; on the driver's threads, one at a time. */
  CompletionStage<Void> lookUp(Collection<Bytes> keys, Consumer<Entry> found) {
    Map<Integer, List<Bytes>> buckets = new TreeMap<>();
    for (Bytes key : keys) {
      buckets
          .computeIfAbsent(Statements.directoryBucket(key), bucket -> new ArrayList<>())
          .add(key);
    }
    RequestGroup group = link.group();
    buckets.forEach(
        (bucket, some) ->
            group.include(
                each(group.send(statements.directoryLookup(database, bucket, some)), found)));
    return CassandraLink.explained(link.target(), group.done());
  }

  /** Whether there is no entry at all. */
  CompletionStage<Boolean> isEmpty() {
    var empty = new AtomicBoolean(true);
    RequestGroup group = link.group();
    for (int bucket = 0; bucket < Schema.DIRECTORY_BUCKETS; bucket++) {
      group.include(
          each(group.send(statements.directoryProbe(database, bucket)), entry -> empty.set(false)));
    }
    return CassandraLink.explained(link.target(), group.done()).thenApply(done -> empty.get());
  }

  /**
   * All entries, page by page, some buckets at a time: {@code each} is called from several threads.
   * A bucket's next page is read when {@code each} is done with the one before, so that no more is
   * in memory than a page for each of these buckets.
   */
  CompletionStage<Void> scan(Function<List<Entry>, CompletionStage<?>> each) {
    RequestGroup group = link.group();
    var next = new AtomicInteger();
    for (int i = 0; i < BUCKETS_AT_ONCE; i++) {
      group.include(scanNext(group, next, each));
    }
    return CassandraLink.explained(link.target(), group.done());
  }

  private CompletionStage<Void> scanNext(
      RequestGroup group, AtomicInteger next, Function<List<Entry>, CompletionStage<?>> each) {
    int bucket = next.getAndIncrement();
    if (bucket >= Schema.DIRECTORY_BUCKETS) {
      return CompletableFuture.completedFuture(null);
    }
    // The group sends nothing more after a failure.
    return pages(
            group.send(statements.directoryScan(database, bucket).setPageSize(SCAN_PAGE)), each)
        .thenCompose(done -> scanNext(group, next, each));
  }

  private static CompletionStage<Void> pages(
      CompletionStage<AsyncResultSet> page, Function<List<Entry>, CompletionStage<?>> each) {
    return page.thenCompose(
        rows -> {
          List<Entry> entries = new ArrayList<>();
          rows.currentPage().forEach(row -> addIfOurs(entries, row));
          return each.apply(entries)
              .thenCompose(
                  done ->
                      rows.hasMorePages()
                          ? pages(rows.fetchNextPage(), each)
                          : CompletableFuture.completedFuture(null));
        });
  }

  private static CompletionStage<Void> each(
      CompletionStage<AsyncResultSet> page, Consumer<Entry> found) {
    return pages(
        page,
        entries -> {
          synchronized (found) {
            entries.forEach(found);
          }
          return CompletableFuture.completedFuture(null);
        });
  }

  /** What somebody else has put there is none of ours. */
  private static void addIfOurs(List<Entry> entries, Row row) {
    Table table = Table.ofDirectory(row.getString(1));
    if (table != null && !row.isNull(2) && !row.isNull(3)) {
      entries.add(new Entry(Names.bytes(row.getString(0)), table, row.getLong(2), row.getLong(3)));
    }
  }
}
