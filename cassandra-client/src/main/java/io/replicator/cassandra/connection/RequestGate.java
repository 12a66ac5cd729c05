package io.replicator.cassandra.connection;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What every request passes: at most as many at once as the {@link ConcurrencyLimit} says, the rest
 * in a queue in order. A request that the server had no room or time for is sent again after a
 * pause: all of them are idempotent. It keeps its place meanwhile, so that a server which refuses
 * quickly is not asked by the next in the queue instead. The queue's bound is its users': one apply
 * for each feed.
 *
 * <p>Thread-safe. Stages complete on the driver's threads.
 */
final class RequestGate {
  private static final int LIMIT_MIN = 4;
  private static final int LIMIT_INITIAL = 64;
  private static final int LIMIT_MAX = 1024;
  private static final int ATTEMPTS_MAX = 12;
  private static final Duration PAUSE_MIN = Duration.ofMillis(50);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(2);

  private final Function<Statement<?>, CompletionStage<AsyncResultSet>> server;
  private final Timer timer;
  private final LongSupplier clockNs;

  // Guarded by this.
  private boolean closed;
  private final ConcurrencyLimit limit = new ConcurrencyLimit(LIMIT_MIN, LIMIT_INITIAL, LIMIT_MAX);
  private final Deque<Pending> queue = new ArrayDeque<>();
  private int inFlight;
  private long answered;
  private long sentAgain;
  private long failed;
  private long latencyNs;

  /** Runs work later; throws {@link RejectedExecutionException} when it has ended. */
  @FunctionalInterface
  interface Timer {
    void schedule(Runnable work, long pauseMs);
  }

  private static final class Pending {
    final Statement<?> statement;
    final RequestGroup group;
    final CompletableFuture<AsyncResultSet> answer = new CompletableFuture<>();
    int attempts;

    Pending(Statement<?> statement, RequestGroup group) {
      this.statement = statement;
      this.group = group;
    }

    void succeeded(AsyncResultSet rows) {
      answer.complete(rows);
      group.end(null);
    }

    void failed(Throwable failure) {
      answer.completeExceptionally(failure);
      group.end(failure);
    }
  }

  RequestGate(
      Function<Statement<?>, CompletionStage<AsyncResultSet>> server,
      Timer timer,
      LongSupplier clockNs) {
    this.server = server;
    this.timer = timer;
    this.clockNs = clockNs;
  }

  /**
   * Sends when there is room.
   *
   * @param group is asked before each attempt whether it is still of use, and told of the end,
   *     after whoever waits for the answer
   */
  CompletionStage<AsyncResultSet> submit(Statement<?> statement, RequestGroup group) {
    var pending = new Pending(statement, group);
    boolean open;
    synchronized (this) {
      open = !closed;
      if (open) {
        queue.add(pending);
      }
    }
    if (open) {
      drain();
    } else {
      pending.failed(closed());
    }
    return pending.answer;
  }

  /** Nothing is sent any more; what waits fails, what is under way is answered. */
  void close() {
    List<Pending> waiting;
    synchronized (this) {
      closed = true;
      waiting = List.copyOf(queue);
      queue.clear();
    }
    waiting.forEach(pending -> pending.failed(closed()));
  }

  private static CassandraFailedException closed() {
    return new CassandraFailedException("the connection is closed");
  }

  synchronized LinkTally tally() {
    return new LinkTally(
        answered, sentAgain, failed, latencyNs, inFlight, queue.size(), limit.current());
  }

  private void drain() {
    while (true) {
      Pending next;
      synchronized (this) {
        if (inFlight >= limit.current() || queue.isEmpty()) {
          return;
        }
        next = queue.remove();
        inFlight++;
      }
      Throwable failure = next.group.failure();
      if (failure != null) {
        drop(next, failure);
      } else {
        launch(next);
      }
    }
  }

  private void launch(Pending pending) {
    long sentAtNs = clockNs.getAsLong();
    pending.attempts++;
    CompletionStage<AsyncResultSet> answer;
    try {
      answer = server.apply(pending.statement);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete(
        (rows, e) -> {
          Throwable failure =
              e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
          ended(pending, rows, failure, clockNs.getAsLong() - sentAtNs);
          drain();
        });
  }

  private void ended(Pending pending, AsyncResultSet rows, Throwable failure, long tookNs) {
    if (failure != null
        && FailureKind.of(failure).passes()
        && pending.attempts < ATTEMPTS_MAX
        && sendLater(pending)) {
      return;
    }
    synchronized (this) {
      if (failure == null) {
        limit.answered(tookNs, inFlight);
        answered++;
        latencyNs += tookNs;
      } else {
        failed++;
      }
      inFlight--;
    }
    if (failure == null) {
      pending.succeeded(rows);
    } else {
      pending.failed(failure);
    }
  }

  private boolean sendLater(Pending pending) {
    long pauseMs =
        Math.min(PAUSE_MAX.toMillis(), PAUSE_MIN.toMillis() << Math.min(16, pending.attempts - 1));
    try {
      timer.schedule(() -> sendAgain(pending), pauseMs);
    } catch (RejectedExecutionException e) {
      // Closing.
      return false;
    }
    synchronized (this) {
      limit.overloaded();
      sentAgain++;
    }
    return true;
  }

  private void sendAgain(Pending pending) {
    Throwable failure = pending.group.failure();
    synchronized (this) {
      failure = closed ? closed() : failure;
    }
    if (failure == null) {
      launch(pending);
    } else {
      drop(pending, failure);
      drain();
    }
  }

  private void drop(Pending pending, Throwable failure) {
    synchronized (this) {
      inFlight--;
    }
    pending.failed(failure);
  }
}
