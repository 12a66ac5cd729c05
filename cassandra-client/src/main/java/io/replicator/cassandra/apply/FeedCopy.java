package io.replicator.cassandra.apply;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.streams.BatchSink.Applied;
import io.replicator.streams.Feed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The copy of one feed in a session: several groups at a time, since the order in which their
 * writes arrive does not matter, and one cursor for all that are there when it is written.
 *
 * <pre>
 *   call ──turn──▶ planned, announced ──▶ writing ──▶ written ──cursor──▶ stored
 *              in order, one by one         in any order       in order, together
 * </pre>
 *
 * <p>A group is planned when the one before it has been, and has announced its keys: so it knows
 * what that one leaves in the tables, and no row is there before the directory knows of its key. A
 * load's beginning and the sweep at its end wait for everything before them, and everything behind
 * waits for them.
 *
 * <p>Invariants: {@code steps} holds what has been planned and is not stored, in order. A cursor is
 * written when every step up to its own has been, one at a time. Behind a failure nothing is
 * stored. A call ends when all of its requests have.
 *
 * <p>{@link #apply} is called by one thread at a time; the rest happens on the planner's thread and
 * the driver's.
 */
final class FeedCopy {
  private static final Logger log = LoggerFactory.getLogger(FeedCopy.class);

  private final Surroundings surroundings;
  private final TargetTables tables;
  private final Feed feed;
  private final int database;

  /** Ends when the newest call has been planned. */
  private CompletionStage<?> turn = CompletableFuture.completedFuture(null);

  // Of whose turn it is.
  private FeedState planned;
  private long salt;

  /** Nothing was there when the load began, in this session. */
  private boolean fresh;

  private CompletionStage<Void> written = CompletableFuture.completedFuture(null);

  // Guarded by this.
  private final Deque<Step> steps = new ArrayDeque<>();
  private CompletionStage<Void> stored = CompletableFuture.completedFuture(null);
  private boolean storing;
  private Throwable failure;
  private long cursorTimestamp;

  /**
   * What all copies of a sink share.
   *
   * @param planner makes requests: the driver's threads have enough to do with sending them
   * @param salts makes every copy's keys unknown to the others, and to those after it
   */
  record Surroundings(
      KnownKeys known,
      LongSupplier salts,
      SinkTally tally,
      BatchObserver observer,
      LongSupplier clockMs,
      Executor planner) {}

  /** The batches of a call, or of a load and of the delta behind it one each. */
  private static final class Step {
    final List<Batch> batches;
    final FeedState after;
    final Timeline timeline;
    final CompletableFuture<Void> stored = new CompletableFuture<>();
    boolean ended;
    Throwable failure;

    Step(List<Batch> batches, FeedState after, Timeline timeline) {
      this.batches = batches;
      this.after = after;
      this.timeline = timeline;
    }
  }

  /**
   * @param state as the target has it
   * @param cursorTimestamp of its row in the cursors' table, so that the next one wins
   */
  FeedCopy(
      Surroundings surroundings,
      TargetTables tables,
      Feed feed,
      int database,
      FeedState state,
      long cursorTimestamp) {
    this.surroundings = surroundings;
    this.tables = tables;
    this.feed = feed;
    this.database = database;
    this.planned = state;
    this.cursorTimestamp = cursorTimestamp;
    this.salt = surroundings.salts().getAsLong();
  }

  int database() {
    return database;
  }

  /** To be called first: finishes a sweep that was broken off. */
  CompletionStage<FeedCopy> open() {
    return planned.sweep() == FeedState.Sweep.SWEEPING
        ? sweep().thenApply(done -> this)
        : CompletableFuture.completedFuture(this);
  }

  /** As {@code BatchSink.apply}; completes in the order of the calls. */
  CompletionStage<Applied> apply(List<Batch> batches) {
    var call = new Call(batches);
    CompletionStage<Void> planning =
        turn.thenComposeAsync(done -> call.plan(), surroundings.planner());
    turn = planning;
    return planning
        .thenCompose(done -> call.stored)
        .thenApply(done -> call.applied())
        .exceptionallyCompose(this::failed);
  }

  /** Where a longer life came too late for a key, everything has to come again. */
  private CompletionStage<Applied> failed(Throwable thrown) {
    Throwable cause = causeOf(thrown);
    CompletionStage<?> ended = settled().handle((done, e) -> null);
    if (cause instanceof GroupApply.LostKeyException lost) {
      return ended
          .thenCompose(done -> tables.cursors().forget(database, feed.key(), nextCursorTimestamp()))
          .thenCompose(done -> CompletableFuture.failedFuture(lost.failed()));
    }
    return ended.thenCompose(done -> CompletableFuture.failedFuture(cause));
  }

  // ---- In turn

  private final class Call {
    private final List<Batch> batches;
    private final Map<String, Long> refused = new HashMap<>();
    private long records;

    /** Of the last step. */
    private CompletionStage<Void> stored;

    Call(List<Batch> batches) {
      this.batches = batches;
    }

    Applied applied() {
      return new Applied(records, refused);
    }

    CompletionStage<Void> plan() {
      Batch first = batches.get(0);
      if (!first.beginsLoad() && !first.from().equals(planned.cursor())) {
        return CompletableFuture.failedFuture(
            new IllegalStateException(
                "a batch of database "
                    + feed.database()
                    + " follows "
                    + first.from()
                    + ", but "
                    + tables.link().target()
                    + " is at "
                    + planned.cursor()));
      }
      int loading = 0;
      while (loading < batches.size() && batches.get(loading).ofLoad()) {
        loading++;
      }
      List<Batch> load = batches.subList(0, loading);
      List<Batch> delta = batches.subList(loading, batches.size());
      CompletionStage<Void> planning =
          first.beginsLoad()
              ? settled().thenCompose(done -> begin(first))
              : CompletableFuture.completedFuture(null);
      if (!load.isEmpty()) {
        planning = planning.thenCompose(done -> step(load, true));
      }
      if (!delta.isEmpty()) {
        planning = planning.thenCompose(done -> step(delta, false));
      }
      return planning;
    }

    private CompletionStage<Void> step(List<Batch> part, boolean load) {
      requireSound();
      Batch last = part.get(part.size() - 1);
      boolean frontier = part.stream().anyMatch(Batch::frontier);
      return tables
          .epochs()
          .covering(database, GroupApply.version(last.to()))
          .thenCompose(
              timeline -> {
                var group =
                    new GroupApply(
                        tables,
                        new GroupApply.FeedTarget(database, timeline, salt, fresh),
                        surroundings,
                        written);
                CompletionStage<GroupRequests.Sent> sending =
                    load ? group.load(part, planned) : group.delta(part, planned);
                return sending.thenCompose(
                    sent -> {
                      records += group.records();
                      group.refused().forEach((kind, n) -> refused.merge(kind, n, Long::sum));
                      planned = planned.at(last.to(), frontier);
                      written = written.thenCombine(sent.written(), (earlier, own) -> null);
                      var step = new Step(part, planned, timeline);
                      stored = step.stored;
                      begun(step, sent.written());
                      return planned.sweep() == FeedState.Sweep.SWEEPING
                          ? settled().thenCompose(done -> sweep())
                          : sent.announced();
                    });
              });
    }
  }

  /** What is there before a load is told by its timestamps. */
  private CompletionStage<Void> begin(Batch first) {
    long version = GroupApply.version(first.to());
    return tables
        .epochs()
        .claim(database, epoch(first.to()), version)
        .thenCombine(
            new Directory(tables.link(), tables.statements(), database).isEmpty(),
            (timeline, empty) -> {
              if (!empty) {
                log.info(
                    "loading database {} into {} over what is there",
                    feed.database(),
                    tables.link().target());
              }
              fresh = empty;
              planned =
                  empty
                      ? FeedState.NONE
                      : new FeedState(
                          Cursor.NOTHING, FeedState.Sweep.MARKED, timeline.timestamp(version));
              salt = surroundings.salts().getAsLong();
              return null;
            });
  }

  static Epoch epoch(Cursor cursor) {
    return cursor instanceof Cursor.At at ? at.epoch() : ((Cursor.Loading) cursor).epoch();
  }

  /** Ends a reset load: removes what it did not bring, then says so with the cursor. */
  private CompletionStage<Void> sweep() {
    return new Sweep(
            tables.link(), tables.statements(), database, feed.filter(), planned.sweepBelow())
        .run()
        .thenCombine(
            tables.epochs().current(database),
            (removed, timeline) -> {
              surroundings.tally().swept(removed);
              log.info(
                  "loaded database {} into {}, removed {} keys that are gone",
                  feed.database(),
                  tables.link().target(),
                  removed);
              planned = planned.swept();
              return timeline;
            })
        .thenCompose(timeline -> write(planned, timeline));
  }

  // ---- Cursors

  private synchronized void requireSound() {
    if (failure != null) {
      throw new CompletionException(failure);
    }
  }

  /** Ends when everything that has been planned is stored, or has failed. */
  private synchronized CompletionStage<Void> settled() {
    return stored;
  }

  private void begun(Step step, CompletionStage<Void> writing) {
    synchronized (this) {
      steps.add(step);
      stored = step.stored;
    }
    writing.whenComplete(
        (done, e) -> {
          synchronized (this) {
            step.ended = true;
            step.failure = e == null ? null : causeOf(e);
          }
          store();
        });
  }

  /** Stores what can be. Called whenever that may be more than before. */
  private void store() {
    List<Step> ready = new ArrayList<>();
    List<Step> lost = new ArrayList<>();
    Throwable why;
    synchronized (this) {
      if (storing) {
        return;
      }
      while (failure == null && !steps.isEmpty() && steps.peek().ended) {
        if (steps.peek().failure == null) {
          ready.add(steps.remove());
        } else if (ready.isEmpty()) {
          failure = steps.peek().failure;
        } else {
          break;
        }
      }
      while (failure != null && !steps.isEmpty() && steps.peek().ended) {
        lost.add(steps.remove());
      }
      why = failure;
      storing = !ready.isEmpty();
    }
    lost.forEach(step -> step.stored.completeExceptionally(why));
    if (!ready.isEmpty()) {
      shown(ready)
          .whenComplete(
              (done, e) -> {
                synchronized (this) {
                  storing = false;
                  failure = e == null ? failure : causeOf(e);
                }
                for (Step step : ready) {
                  if (e == null) {
                    step.stored.complete(null);
                  } else {
                    step.stored.completeExceptionally(causeOf(e));
                  }
                }
                store();
              });
    }
  }

  private CompletionStage<Void> shown(List<Step> ready) {
    try {
      ready.forEach(step -> surroundings.observer().applied(feed, step.batches));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    Step last = ready.get(ready.size() - 1);
    return write(last.after, last.timeline);
  }

  private CompletionStage<Void> write(FeedState state, Timeline timeline) {
    return tables
        .cursors()
        .write(database, feed.key(), state, timeline.base(), nextCursorTimestamp())
        .thenApply(done -> null);
  }

  private synchronized long nextCursorTimestamp() {
    cursorTimestamp = Math.max(surroundings.clockMs().getAsLong() * 1_000, cursorTimestamp + 1);
    return cursorTimestamp;
  }

  private static Throwable causeOf(Throwable e) {
    return e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
  }
}
