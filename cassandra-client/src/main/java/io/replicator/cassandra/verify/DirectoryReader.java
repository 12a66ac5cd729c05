package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.cassandra.schema.Elements;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the table {@code keys} of one database. Thread-safe. */
final class DirectoryReader {
  private static final int KEYS_MAX = 100;

  private final CassandraLink link;
  private final ViewStatements statements;
  private final int database;

  DirectoryReader(CassandraLink link, ViewStatements statements, int database) {
    this.link = link;
    this.statements = statements;
    this.database = database;
  }

  /** Entries by key; a key without one is not in it. Asks once for all keys of a bucket. */
  CompletionStage<Map<Bytes, List<DirectoryEntry>>> entries(Collection<Bytes> keys) {
    Map<Integer, List<Bytes>> buckets = new HashMap<>();
    for (Bytes key : keys) {
      if (Names.fits(key)) {
        buckets
            .computeIfAbsent(
                Names.bucket(key, Schema.DIRECTORY_BUCKETS), bucket -> new ArrayList<>())
            .add(key);
      }
    }
    Map<Bytes, List<DirectoryEntry>> found = new HashMap<>();
    RequestGroup group = link.group();
    buckets.forEach(
        (bucket, some) -> {
          for (int from = 0; from < some.size(); from += KEYS_MAX) {
            List<Bytes> asked = some.subList(from, Math.min(from + KEYS_MAX, some.size()));
            group.include(group.send(lookup(bucket, asked)).thenCompose(page -> add(found, page)));
          }
        });
    return CassandraLink.explained(link.target(), group.done())
        .thenApply(
            done -> {
              synchronized (found) {
                return found;
              }
            });
  }

  private BoundStatement lookup(int bucket, List<Bytes> keys) {
    return statements
        .entries
        .boundStatementBuilder()
        .setInt(0, database)
        .setInt(1, bucket)
        .setBytesUnsafe(2, Elements.encoded(keys.stream().map(Names::encodedBytes).toList()))
        .build();
  }

  private static CompletionStage<?> add(
      Map<Bytes, List<DirectoryEntry>> found, AsyncResultSet page) {
    synchronized (found) {
      for (DirectoryEntry entry : entries(page)) {
        found.computeIfAbsent(entry.key(), key -> new ArrayList<>(1)).add(entry);
      }
    }
    return page.hasMorePages()
        ? page.fetchNextPage().thenCompose(next -> add(found, next))
        : CompletableFuture.completedFuture(null);
  }

  /** A page of a bucket, all of whose keys follow each other. */
  BoundStatement bucket(int bucket, int rows, ByteBuffer paging) {
    return statements
        .bucket
        .boundStatementBuilder()
        .setInt(0, database)
        .setInt(1, bucket)
        .setPageSize(rows)
        .setPagingState(paging)
        .build();
  }

  /** Of a page that was asked for here. */
  static List<DirectoryEntry> entries(AsyncResultSet page) {
    long nowMs = System.currentTimeMillis();
    List<DirectoryEntry> entries = new ArrayList<>(page.remaining());
    for (Row row : page.currentPage()) {
      DirectoryEntry entry = DirectoryEntry.of(row, nowMs);
      if (entry != null) {
        entries.add(entry);
      }
    }
    return entries;
  }
}
