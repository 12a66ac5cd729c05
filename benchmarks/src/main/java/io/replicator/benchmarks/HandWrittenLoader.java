package io.replicator.benchmarks;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.BatchType;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What somebody would write who only wants to fill the tables once: everything is in memory, a
 * request for each key, as many at a time as pays, no order, no cursor, no retry.
 */
final class HandWrittenLoader {
  static final int CONCURRENCY = 128;

  /** As many as a client puts into one batch. */
  private static final int BATCH_STATEMENTS = 100;

  private final CqlSession session;
  private final String keyspace;
  private final Semaphore permits = new Semaphore(CONCURRENCY);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final long timestamp = System.currentTimeMillis() * 1_000;

  HandWrittenLoader(CqlSession session, String keyspace) {
    this.session = session;
    this.keyspace = keyspace;
  }

  /** A row for each field, a key's in one batch. */
  void hashes(Map<String, Map<String, String>> hashes) throws IOException, InterruptedException {
    PreparedStatement insert =
        session.prepare(
            "INSERT INTO "
                + keyspace
                + ".hashes (database, key, field, value, bytes) VALUES (0, ?, ?, ?, ?)"
                + " USING TIMESTAMP ? AND TTL ?");
    ByteBuffer nothing = ByteBuffer.allocate(0);
    for (Map.Entry<String, Map<String, String>> hash : hashes.entrySet()) {
      BatchStatementBuilder batch = BatchStatement.builder(BatchType.UNLOGGED);
      hash.getValue()
          .forEach(
              (field, value) ->
                  batch.addStatement(
                      insert.bind(hash.getKey(), field, value, nothing, timestamp, 0)));
      send(batch.build());
    }
    await();
  }

  void strings(Map<String, String> strings) throws IOException, InterruptedException {
    PreparedStatement insert =
        session.prepare(
            "INSERT INTO "
                + keyspace
                + ".strings (database, key, value, bytes) VALUES (0, ?, ?, ?)"
                + " USING TIMESTAMP ? AND TTL ?");
    ByteBuffer nothing = ByteBuffer.allocate(0);
    for (Map.Entry<String, String> string : strings.entrySet()) {
      send(insert.bind(string.getKey(), string.getValue(), nothing, timestamp, 0));
    }
    await();
  }

  /** The directory's entries of {@code keys}, a bucket's in batches. */
  void directory(Iterable<String> keys, Table table) throws IOException, InterruptedException {
    PreparedStatement insert =
        session.prepare(
            "INSERT INTO "
                + keyspace
                + "."
                + Schema.KEYS
                + " (database, bucket, key, type, expires_ms, version) VALUES (0, ?, ?, ?, 0, 1)"
                + " USING TIMESTAMP ? AND TTL ?");
    Map<Integer, BatchStatementBuilder> batches = new HashMap<>();
    for (String key : keys) {
      int bucket = Names.bucket(Bytes.utf8(key), Schema.DIRECTORY_BUCKETS);
      BoundStatement entry = insert.bind(bucket, key, table.directoryName(), timestamp, 0);
      BatchStatementBuilder batch =
          batches.computeIfAbsent(bucket, number -> BatchStatement.builder(BatchType.UNLOGGED));
      batch.addStatement(entry);
      if (batch.getStatementsCount() == BATCH_STATEMENTS) {
        send(batches.remove(bucket).build());
      }
    }
    for (BatchStatementBuilder batch : List.copyOf(batches.values())) {
      send(batch.build());
    }
    await();
  }

  private void send(Statement<?> statement) throws InterruptedException {
    permits.acquire();
    session
        .executeAsync(statement)
        .whenComplete(
            (done, e) -> {
              if (e != null) {
                failure.compareAndSet(null, e);
              }
              permits.release();
            });
  }

  private void await() throws IOException, InterruptedException {
    permits.acquire(CONCURRENCY);
    permits.release(CONCURRENCY);
    if (failure.get() != null) {
      throw new IOException("a row could not be written", failure.get());
    }
  }
}
