package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.apply.GroupApply.LostKeyException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.cassandra.schema.Lifetime;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * A collection whose rows get another expiry: they are read, page by page, and written again with
 * the version of the change. A row that is newer keeps what it has, by its timestamp.
 */
final class Revival {
  private final CassandraLink link;
  private final Statements statements;
  private final SinkTally tally;
  private final LongSupplier clockMs;
  private final Collection collection;

  /** Set by the driver's threads. */
  private volatile boolean lost;

  /**
   * What is revived, and how.
   *
   * @param expiredAtMs what its rows had before
   */
  record Collection(
      Table table, int database, Bytes key, long expiredAtMs, long expiresAtMs, long timestamp) {}

  Revival(
      CassandraLink link,
      Statements statements,
      SinkTally tally,
      LongSupplier clockMs,
      Collection collection) {
    this.link = link;
    this.statements = statements;
    this.tally = tally;
    this.clockMs = clockMs;
    this.collection = collection;
  }

  /**
   * @return fails with {@link LostKeyException} where rows may have expired meanwhile
   */
  CompletionStage<Void> run() {
    RequestGroup group = link.group();
    for (int i = 0; i < Statements.partitions(collection.table()); i++) {
      int bucket = i;
      group.include(
          pages(
              group,
              bucket,
              group.send(
                  statements.rows(
                      collection.table(), collection.database(), collection.key(), bucket))));
    }
    return CassandraLink.explained(link.target(), group.done())
        .thenAccept(
            done -> {
              if (lost) {
                throw new LostKeyException(collection.key(), link.target());
              }
            });
  }

  private CompletionStage<?> pages(
      RequestGroup group, int bucket, CompletionStage<AsyncResultSet> page) {
    return page.thenCompose(
        rows -> {
          long nowMs = clockMs.getAsLong();
          if (Lifetime.mayBeGone(collection.expiredAtMs(), nowMs)) {
            lost = true;
            return CompletableFuture.completedFuture(null);
          }
          CompletionStage<?> written = copy(group, bucket, rows.currentPage(), nowMs);
          return written.thenCompose(
              done ->
                  rows.hasMorePages()
                      ? pages(group, bucket, rows.fetchNextPage())
                      : CompletableFuture.completedFuture(null));
        });
  }

  private CompletionStage<?> copy(RequestGroup group, int bucket, Iterable<Row> page, long nowMs) {
    int ttlSeconds =
        Math.max(
            0, Lifetime.ttlSeconds(collection.expiresAtMs(), Lifetime.COLLECTION_GRACE_MS, nowMs));
    var batch = new PartitionBatch();
    int copies = 0;
    for (Row row : page) {
      List<ByteBuffer> columns = new ArrayList<>(row.size());
      int size = collection.key().length();
      for (int i = 0; i < row.size(); i++) {
        ByteBuffer column = row.getBytesUnsafe(i);
        columns.add(column);
        size += column == null ? 0 : column.remaining();
      }
      batch.add(
          statements.copy(
              collection.table(),
              collection.database(),
              collection.key(),
              bucket,
              columns,
              collection.timestamp(),
              ttlSeconds),
          size);
      copies++;
    }
    tally.revived(copies);
    return batch.send(group);
  }
}
