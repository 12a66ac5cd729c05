package io.replicator.http.entries;

import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import io.replicator.store.Database;
import io.replicator.store.DatabaseSnapshot;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * The snapshots that are held for answers: so many at a time, and each for so long, whatever
 * becomes of the answer. Any thread.
 */
final class Loads {
  private final ActorSystem<?> system;
  private final Executor blocking;
  private final Duration timeMax;
  private final int loadsMax;
  private final Semaphore free;

  Loads(ActorSystem<?> system, Executor blocking, Duration timeMax, int loadsMax) {
    this.system = system;
    this.blocking = blocking;
    this.timeMax = timeMax;
    this.loadsMax = loadsMax;
    this.free = new Semaphore(loadsMax);
  }

  int held() {
    return loadsMax - free.availablePermits();
  }

  /**
   * Holds the newest state of {@code database}. Blocks.
   *
   * @throws ProblemException 503 where too many are held already
   */
  Held hold(Database database) {
    if (!free.tryAcquire()) {
      throw Problem.of(
              StatusCodes.SERVICE_UNAVAILABLE,
              loadsMax + " loads are under way, and no more are allowed at a time")
          .with(Headers.of("Retry-After", "2"))
          .exception();
    }
    try {
      return new Held(database.snapshot());
    } catch (RuntimeException e) {
      free.release();
      throw e;
    }
  }

  /** A snapshot until it is closed, or its time is over: reading from it fails then. */
  final class Held implements AutoCloseable {
    private final DatabaseSnapshot snapshot;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Cancellable expiry;

    private Held(DatabaseSnapshot snapshot) {
      this.snapshot = snapshot;
      this.expiry =
          system
              .scheduler()
              .scheduleOnce(
                  timeMax, () -> blocking.execute(this::close), system.executionContext());
    }

    DatabaseSnapshot snapshot() {
      return snapshot;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        expiry.cancel();
        try {
          snapshot.close();
        } finally {
          free.release();
        }
      }
    }
  }
}
