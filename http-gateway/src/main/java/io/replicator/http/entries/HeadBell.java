package io.replicator.http.entries;

import io.replicator.store.Database;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import scala.concurrent.ExecutionContextExecutor;

/**
 * Wakes whoever waits for a change of one database. The store knows one listener, however many
 * wait; one who waits is an object and a timer, no thread. Any thread.
 *
 * <p>To miss nothing: take {@link #rings}, look at the database, then wait for more than that.
 */
final class HeadBell implements AutoCloseable {
  /**
   * Between two wake-ups: the first change after a pause is told at once, and what a source writes
   * all the time costs those who wait for something else fifty looks a second, not thousands.
   */
  private static final Duration INTERVAL = Duration.ofMillis(20);

  private final ActorSystem<?> system;
  private final ExecutionContextExecutor executor;
  private final AutoCloseable registration;
  private final AtomicLong rings = new AtomicLong();
  private final AtomicBoolean ringing = new AtomicBoolean();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private volatile long wokenAtNs = System.nanoTime() - INTERVAL.toNanos();

  HeadBell(ActorSystem<?> system, Database database) {
    this.system = system;
    this.executor = system.executionContext();
    this.registration = database.onHeadMoved(this::ring);
  }

  /** How often it has rung. */
  long rings() {
    return rings.get();
  }

  /** On the store's thread: returns at once, and wakes once for all flushes meanwhile. */
  void ring() {
    rings.incrementAndGet();
    ringAgain();
  }

  private void ringAgain() {
    if (!waiters.isEmpty() && ringing.compareAndSet(false, true)) {
      long pauseNs = wokenAtNs + INTERVAL.toNanos() - System.nanoTime();
      if (pauseNs <= 0) {
        executor.execute(this::wake);
      } else {
        system.scheduler().scheduleOnce(Duration.ofNanos(pauseNs), this::wake, executor);
      }
    }
  }

  private void wake() {
    wokenAtNs = System.nanoTime();
    ringing.set(false);
    for (Waiter waiter : waiters) {
      waiter.wake();
    }
  }

  /**
   * Waits until it has rung more often than {@code seen}, or {@code patience} is over, or the
   * waiter is woken otherwise. A ring between two wake-ups waits for the next one.
   */
  Waiter await(long seen, Duration patience) {
    var waiter = new Waiter();
    waiters.add(waiter);
    waiter.timer = system.scheduler().scheduleOnce(patience, waiter::wake, executor);
    if (rings.get() > seen) {
      // It rang before the waiter could hear it.
      ringAgain();
    }
    return waiter;
  }

  @Override
  public void close() {
    try {
      registration.close();
    } catch (Exception e) {
      throw new IllegalStateException("a listener could not be removed", e);
    }
    wake();
  }

  /** One who waits, once. */
  final class Waiter {
    private final CompletableFuture<Void> woken = new CompletableFuture<>();
    private volatile Cancellable timer;

    /** Completes when it is worth looking again. */
    CompletableFuture<Void> woken() {
      return woken;
    }

    void wake() {
      if (waiters.remove(this)) {
        Cancellable scheduled = timer;
        if (scheduled != null) {
          scheduled.cancel();
        }
        woken.complete(null);
      }
    }
  }
}
