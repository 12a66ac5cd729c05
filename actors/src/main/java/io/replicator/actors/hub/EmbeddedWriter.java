package io.replicator.actors.hub;

import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.store.CommitWriter;
import io.replicator.store.Database;
import io.replicator.store.KeyspaceWriter;
import io.replicator.store.Store;
import io.replicator.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Writes the embedded databases: what waits in the {@link WriteQueue} while the disk is busy is the
 * next group, applied in order, each write a commit of its own, flushed once and then answered. And
 * deletes keys that are due, at the time that the store knows of the next one.
 *
 * <pre>
 *   writing ──Stop──▶ draining (the queue takes no more) ──(queue empty)──▶ stopped
 *      └──(a write of the store failed)──▶ failed: everything is refused with the reason
 * </pre>
 *
 * <p>It blocks, and so lives on the blocking dispatcher: {@link #props}. The writer of the store is
 * confined to it.
 */
final class EmbeddedWriter extends AbstractBehavior<EmbeddedWriter.Command> {
  private static final int EXPIRED_MAX = 1_000;

  /** The clock of the machine may be set: how long to rely on it at most. */
  private static final long EXPIRY_LOOK_MS = 10_000;

  /** What the writer is told. */
  public sealed interface Command {}

  /** Write what waits, then stop. */
  record Stop() implements Command {}

  private record Write() implements Command {}

  private record Expire() implements Command {}

  private final Store store;
  private final List<Database> databases;
  private final CommitWriter writer;
  private final WriteQueue queue;
  private final TimerScheduler<Command> timers;
  private final LongSupplier clockMs;
  private final Executor answering;
  private boolean stopping;
  private boolean failed;

  static Behavior<Command> create(
      Store store, Collection<String> databases, WriteQueue queue, LongSupplier clockMs) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context -> new EmbeddedWriter(context, timers, store, databases, queue, clockMs)));
  }

  static Props props() {
    return DispatcherSelector.fromConfig(CaptureActor.BLOCKING_DISPATCHER);
  }

  private EmbeddedWriter(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Store store,
      Collection<String> databases,
      WriteQueue queue,
      LongSupplier clockMs) {
    super(context);
    this.store = store;
    this.databases = databases.stream().map(store::database).toList();
    this.writer = store.writer(databases);
    this.queue = queue;
    this.timers = timers;
    this.clockMs = clockMs;
    // Not here: what follows an answer must not hold up the next write.
    this.answering = context.getSystem().executionContext();
    // A write that was cut off by a crash was never answered: what there is of it counts.
    writer.endCommit();
    writer.flush(true);
    lookForDue();
    var self = context.getSelf();
    queue.onWaiting(() -> self.tell(new Write()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Write.class, this::onWrite)
        .onMessage(Expire.class, this::onExpire)
        .onMessage(Stop.class, this::onStop)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  // ---- Writes

  private Behavior<Command> onWrite(Write message) {
    if (!failed) {
      writeGroup(queue.take());
    }
    return next();
  }

  private Behavior<Command> next() {
    if (!queue.isEmpty()) {
      // By a message, so that keys that are due have their turn.
      getContext().getSelf().tell(new Write());
      return this;
    }
    return stopping ? Behaviors.stopped() : this;
  }

  private void writeGroup(List<PendingWrite> group) {
    if (group.isEmpty()) {
      return;
    }
    List<Effect> effects = new ArrayList<>(group.size());
    try {
      long nowMs = clockMs.getAsLong();
      for (PendingWrite write : group) {
        effects.add(apply(write, nowMs));
        writer.endCommit();
      }
      writer.flush(true);
    } catch (RuntimeException e) {
      fail(group, e);
      return;
    }
    for (int i = 0; i < group.size(); i++) {
      PendingWrite write = group.get(i);
      Outcome outcome = outcome(effects.get(i), write.database());
      write.answer().completeAsync(() -> outcome, answering);
    }
    lookForDue();
  }

  /** What a write did, or found: the version of the key before and after. */
  private record Effect(boolean done, long before, long after) {}

  private Effect apply(PendingWrite write, long nowMs) {
    KeyspaceWriter keys = writer.database(write.database());
    deleteIfDue(keys, write.key(), nowMs);
    long before = keys.version(write.key());
    long expected = write.expectedVersion();
    if (expected != EmbeddedDatabases.ANY && expected != before) {
      return new Effect(false, before, before);
    }
    if (write instanceof PendingWrite.Put put) {
      return new Effect(true, before, keys.put(put.entry()));
    }
    keys.delete(write.key());
    return new Effect(true, before, 0);
  }

  // Nobody may find a key there whose time is over, even if its turn to be deleted is yet to come.
  private void deleteIfDue(KeyspaceWriter keys, Bytes key, long nowMs) {
    KeyspaceWriter.KeyState state = keys.key(key);
    if (state != null && state.expiresAtMs() != 0 && state.expiresAtMs() <= nowMs) {
      keys.delete(key);
      writer.endCommit();
    }
  }

  private Outcome outcome(Effect effect, String database) {
    if (!effect.done()) {
      return new Outcome.Mismatch(effect.before());
    }
    var cursor = new Cursor.At(store.epoch(), store.database(database).head());
    return new Outcome.Written(effect.before() != 0, effect.after(), cursor);
  }

  // Some of the group may be pending in the store's writer: nothing may be flushed any more.
  private void fail(List<PendingWrite> group, RuntimeException error) {
    getContext().getLog().error("embedded databases take no more writes", error);
    var reason =
        new StoreException(
            "embedded databases take no more writes since one failed (%s); restart the hub"
                .formatted(error.getMessage()),
            error);
    queue.close(reason);
    timers.cancelAll();
    failed = true;
    refuse(group, reason);
    for (List<PendingWrite> rest = queue.take(); !rest.isEmpty(); rest = queue.take()) {
      refuse(rest, reason);
    }
  }

  private static void refuse(List<PendingWrite> writes, RuntimeException reason) {
    for (PendingWrite write : writes) {
      write.answer().completeExceptionally(reason);
    }
  }

  // ---- Expiry

  private Behavior<Command> onExpire(Expire message) {
    long nowMs = clockMs.getAsLong();
    try {
      for (Database database : databases) {
        store.expireDue(database.name(), nowMs, EXPIRED_MAX);
      }
    } catch (RuntimeException e) {
      fail(List.of(), e);
      return this;
    }
    lookForDue();
    return this;
  }

  private void lookForDue() {
    if (failed) {
      return;
    }
    long nextMs = Long.MAX_VALUE;
    for (Database database : databases) {
      nextMs = Math.min(nextMs, store.nextDue(database.name()));
    }
    if (nextMs == Long.MAX_VALUE) {
      timers.cancel(Expire.class);
      return;
    }
    long delayMs = Math.min(Math.max(1, nextMs - clockMs.getAsLong()), EXPIRY_LOOK_MS);
    timers.startSingleTimer(Expire.class, new Expire(), Duration.ofMillis(delayMs));
  }

  // ---- End

  private Behavior<Command> onStop(Stop stop) {
    stopping = true;
    queue.close();
    return next();
  }

  // Whatever ended this, nobody is left waiting for ever.
  private Behavior<Command> onPostStop() {
    queue.close();
    for (List<PendingWrite> rest = queue.take(); !rest.isEmpty(); rest = queue.take()) {
      refuse(rest, queue.closedBy());
    }
    return this;
  }
}
