package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Requests that stand or fall together. After the first failure nothing more of the group is sent;
 * it ends when the last answer is in. Thread-safe.
 *
 * <p>Invariant: {@code open} is the number of requests without an answer, and one until {@link
 * #done} was called.
 */
public final class RequestGroup {
  private final RequestGate gate;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private int open = 1;
  private Throwable failure;

  RequestGroup(RequestGate gate) {
    this.gate = gate;
  }

  /** Sends one; its failure is the group's. */
  public CompletionStage<AsyncResultSet> send(Statement<?> statement) {
    begin();
    return gate.submit(statement, this);
  }

  /** Makes the group wait for {@code work}, and fail with it. */
  public void include(CompletionStage<?> work) {
    begin();
    work.whenComplete((result, e) -> end(e));
  }

  /** When all has ended; nothing may be sent any more but by what is under way. */
  public CompletionStage<Void> done() {
    end(null);
    return done;
  }

  /** Of the group, null while there is none. */
  synchronized Throwable failure() {
    return failure;
  }

  private synchronized void begin() {
    open++;
  }

  /**
   * One of what was begun has ended.
   *
   * @param e null for a success
   */
  void end(Throwable e) {
    Throwable outcome;
    synchronized (this) {
      if (failure == null && e != null) {
        failure = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
      }
      if (--open > 0) {
        return;
      }
      outcome = failure;
    }
    if (outcome == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(outcome);
    }
  }
}
