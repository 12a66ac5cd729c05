package io.replicator.testkit;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.SinkRefusedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.Done;

/**
 * A sink that keeps its copy in memory, with faults to order: it can be slow, held, made to fail
 * before or after a batch became durable, or to refuse. It also watches its caller: an apply that
 * overlaps another one of its feed, or whose first batch does not begin at the cursor held, is a
 * {@linkplain #violations() violation} and fails.
 *
 * <p>Its content outlives sessions and {@link #close}, as that of a server would. Applies run on
 * the common pool. Thread-safe.
 */
public final class InMemorySink implements BatchSink {
  private final boolean keepsHistory;
  private final Object lock = new Object();

  // All guarded by lock.
  private final Map<String, DatabaseModel> databases = new HashMap<>();
  private final Map<FeedKey, Cursor> cursors = new HashMap<>();
  private final Set<FeedKey> applying = new HashSet<>();
  private final List<AppliedGroup> groups = new ArrayList<>();
  private final List<HubIdentity> sessions = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final Deque<RuntimeException> connectFailures = new ArrayDeque<>();
  private final Deque<RuntimeException> applyFailures = new ArrayDeque<>();
  private final Deque<RuntimeException> failuresAfterApply = new ArrayDeque<>();
  private CompletableFuture<Done> gate = CompletableFuture.completedFuture(Done.getInstance());
  private Duration delay = Duration.ZERO;
  private Predicate<VersionedRecord> unsupported = record -> false;
  private String refusal;
  private long appliesBegun;
  private int closed;

  /** One call of {@link #apply} that succeeded. */
  public record AppliedGroup(Feed feed, List<Batch> batches) {
    public AppliedGroup {
      batches = List.copyOf(batches);
    }

    public Cursor to() {
      return batches.get(batches.size() - 1).to();
    }
  }

  public InMemorySink() {
    this(true);
  }

  /**
   * @param keepsHistory whether {@link #groups()} holds every batch ever applied
   */
  public InMemorySink(boolean keepsHistory) {
    this.keepsHistory = keepsHistory;
  }

  // ---- Faults to order

  /** Every apply takes this much longer, without a thread. */
  public void delayApplies(Duration duration) {
    synchronized (lock) {
      delay = duration;
    }
  }

  /** Applies that begin from now on wait for {@link #releaseApplies}. */
  public void holdApplies() {
    synchronized (lock) {
      if (gate.isDone()) {
        gate = new CompletableFuture<>();
      }
    }
  }

  public void releaseApplies() {
    CompletableFuture<Done> held;
    synchronized (lock) {
      held = gate;
    }
    held.complete(Done.getInstance());
  }

  /** The next {@link #connect} fails; calls add up. */
  public void failNextConnect(RuntimeException failure) {
    synchronized (lock) {
      connectFailures.add(failure);
    }
  }

  /** The next apply fails and changes nothing; calls add up. */
  public void failNextApply(RuntimeException failure) {
    synchronized (lock) {
      applyFailures.add(failure);
    }
  }

  /**
   * The next apply becomes durable, and then fails, as when a connection breaks before the answer.
   */
  public void failAfterNextApply(RuntimeException failure) {
    synchronized (lock) {
      failuresAfterApply.add(failure);
    }
  }

  /** {@link #open} fails with a {@link SinkRefusedException}. */
  public void refuse(String reason) {
    synchronized (lock) {
      refusal = reason;
    }
  }

  /** Records for which {@code test} holds are counted as unsupported and left out. */
  public void doNotSupport(Predicate<VersionedRecord> test) {
    synchronized (lock) {
      unsupported = test;
    }
  }

  /** As if the target had been loaded by an earlier session. */
  public void holdCursor(FeedKey key, Cursor cursor) {
    synchronized (lock) {
      cursors.put(key, cursor);
    }
  }

  // ---- What it saw

  /** A copy of what the target holds in {@code database}. */
  public NavigableMap<Bytes, DatabaseModel.Entry> content(String database) {
    synchronized (lock) {
      DatabaseModel model = databases.get(database);
      return model == null ? new TreeMap<>() : model.snapshot();
    }
  }

  public Map<FeedKey, Cursor> cursorsHeld() {
    synchronized (lock) {
      return Map.copyOf(cursors);
    }
  }

  /** Applies that succeeded, in order. */
  public List<AppliedGroup> groups() {
    synchronized (lock) {
      return List.copyOf(groups);
    }
  }

  /** Applies begun, whatever became of them. */
  public long appliesBegun() {
    synchronized (lock) {
      return appliesBegun;
    }
  }

  /** The hub of every {@link #open}. */
  public List<HubIdentity> sessions() {
    synchronized (lock) {
      return List.copyOf(sessions);
    }
  }

  /** How the caller broke the contract of {@link BatchSink}; empty in a test that is well. */
  public List<String> violations() {
    synchronized (lock) {
      return List.copyOf(violations);
    }
  }

  /** How often {@link #close} was called. */
  public int closed() {
    synchronized (lock) {
      return closed;
    }
  }

  // ---- BatchSink

  @Override
  public CompletionStage<Done> connect() {
    synchronized (lock) {
      RuntimeException failure = connectFailures.poll();
      return failure == null
          ? CompletableFuture.completedFuture(Done.getInstance())
          : CompletableFuture.failedFuture(failure);
    }
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    return CompletableFuture.completedFuture(cursorsHeld());
  }

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds) {
    synchronized (lock) {
      if (refusal != null) {
        return CompletableFuture.failedFuture(new SinkRefusedException(refusal));
      }
      sessions.add(hub);
      return CompletableFuture.completedFuture(Done.getInstance());
    }
  }

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    CompletableFuture<Done> ready;
    Executor executor;
    synchronized (lock) {
      appliesBegun++;
      if (!applying.add(feed.key())) {
        return violation("apply of " + feed.key() + " overlaps another one");
      }
      ready = gate;
      executor =
          delay.isZero()
              ? ForkJoinPool.commonPool()
              : CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS);
    }
    return ready.thenApplyAsync(done -> applyNow(feed, batches), executor);
  }

  private Applied applyNow(Feed feed, List<Batch> batches) {
    synchronized (lock) {
      applying.remove(feed.key());
      RuntimeException failure = applyFailures.poll();
      if (failure != null) {
        throw failure;
      }
      checkContinuity(feed, batches);
      DatabaseModel model = databases.computeIfAbsent(feed.database(), name -> new DatabaseModel());
      long records = 0;
      long left = 0;
      for (Batch batch : batches) {
        Batch supported = supportedPart(batch);
        left += batch.records().size() - supported.records().size();
        records += model.apply(feed.filter(), supported);
        cursors.put(feed.key(), batch.to());
      }
      if (keepsHistory) {
        groups.add(new AppliedGroup(feed, batches));
      }
      failure = failuresAfterApply.poll();
      if (failure != null) {
        throw failure;
      }
      return new Applied(records, left == 0 ? Map.of() : Map.of("UNSUPPORTED", left));
    }
  }

  private Batch supportedPart(Batch batch) {
    if (batch.records().stream().noneMatch(unsupported)) {
      return batch;
    }
    List<VersionedRecord> rest = batch.records().stream().filter(unsupported.negate()).toList();
    return new Batch(batch.from(), batch.to(), batch.frontier(), batch.openKey(), rest);
  }

  private void checkContinuity(Feed feed, List<Batch> batches) {
    if (batches.isEmpty()) {
      throw violated("apply of no batches to " + feed.key());
    }
    Cursor held = cursors.getOrDefault(feed.key(), Cursor.NOTHING);
    for (Batch batch : batches) {
      if (!batch.beginsLoad() && !batch.from().equals(held)) {
        throw violated(
            "batch of " + feed.key() + " begins at " + batch.from() + ", the copy is at " + held);
      }
      held = batch.to();
    }
  }

  private CompletionStage<Applied> violation(String text) {
    return CompletableFuture.failedFuture(violated(text));
  }

  private IllegalStateException violated(String text) {
    synchronized (lock) {
      violations.add(text);
    }
    return new IllegalStateException(text);
  }

  @Override
  public CompletionStage<Done> close() {
    synchronized (lock) {
      closed++;
    }
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  @Override
  public String describe() {
    return "memory:";
  }
}
