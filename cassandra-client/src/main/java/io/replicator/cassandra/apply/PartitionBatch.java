package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.BatchType;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.replicator.cassandra.connection.RequestGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Statements of one partition, in as few requests as the limits of a batch allow: unlogged batches,
 * which the server applies as one write, and single statements for themselves. Confined to one
 * thread.
 */
final class PartitionBatch {
  private static final int STATEMENTS_MAX = 100;
  private static final int BYTES_MAX = 64 << 10;

  private final List<Statement<?>> requests = new ArrayList<>(1);
  private BoundStatement first;

  /** Null for a single statement. */
  private BatchStatementBuilder batch;

  private int count;
  private int bytes;

  /**
   * @param size about how many bytes it has
   */
  void add(BoundStatement statement, int size) {
    if (count == STATEMENTS_MAX || (count > 0 && bytes + size > BYTES_MAX)) {
      endRequest();
    }
    if (count == 0) {
      first = statement;
    } else {
      if (batch == null) {
        batch = BatchStatement.builder(BatchType.UNLOGGED).addStatement(first);
      }
      batch.addStatement(statement);
    }
    count++;
    bytes += size;
  }

  private void endRequest() {
    requests.add(batch == null ? first : batch.setIdempotence(true).build());
    first = null;
    batch = null;
    count = 0;
    bytes = 0;
  }

  /** Sends all of them; ends with the last answer. Nothing is added after this. */
  CompletionStage<?> send(RequestGroup group) {
    CompletionStage<?> all = null;
    for (Statement<?> request : requests()) {
      CompletionStage<?> answer = group.send(request);
      all = all == null ? answer : all.thenCombine(answer, (a, b) -> b);
    }
    return all == null ? CompletableFuture.completedFuture(null) : all;
  }

  /** All of them; nothing is added after this. */
  List<Statement<?>> requests() {
    if (count > 0) {
      endRequest();
    }
    return requests;
  }
}
