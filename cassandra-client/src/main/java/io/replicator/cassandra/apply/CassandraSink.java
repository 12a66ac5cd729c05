package io.replicator.cassandra.apply;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.LinkTally;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.SinkRefusedException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;

/**
 * Applies to a keyspace of Cassandra. The order in which writes arrive does not matter, since their
 * timestamps come from the hub's versions ({@link Timeline}); a group is many writes, and its
 * cursor follows when all of them have been acknowledged. So a group is not visible in one moment,
 * but whatever is killed when, applying it again ends in the same rows.
 *
 * <p>A feed's life within a session is that of its {@link FeedCopy}: {@link #open} makes it from
 * what the target has stored, {@link #apply} moves it on. Any failure forgets it, and what was
 * known of the target's keys with it.
 *
 * <p>Thread-safe as {@link BatchSink} asks. Stages complete on the driver's threads.
 */
public final class CassandraSink implements BatchSink, MeterBinder {
  /** 16 MiB, for keys that change again. */
  private static final int KNOWN_KEYS = 1 << 20;

  private static final int APPLIES_MAX = 4;
  private static final int BUNDLE_BYTES_MIN = 1 << 20;

  private final CassandraTarget target;
  private final Map<String, Integer> targets;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(work -> thread(work, "timer"));
  private final ExecutorService planner =
      Executors.newSingleThreadExecutor(work -> thread(work, "planner"));
  private final Map<FeedKey, FeedCopy> copies = new ConcurrentHashMap<>();
  private final SinkTally tally = new SinkTally();
  private final Presence presence = new Presence();
  private final FeedCopy.Surroundings surroundings;

  private volatile CassandraLink link;
  private volatile LinkTally linkTallyBefore = LinkTally.NONE;
  private volatile TargetTables prepared;

  /**
   * @param target where to write; its database counts for nothing, {@code targets} decides
   * @param targets the target's database number by the source's database name; names without one go
   *     to the number that they are
   */
  public CassandraSink(CassandraTarget target, Map<String, Integer> targets) {
    this(target, targets, (feed, batches) -> {});
  }

  /** The same with somebody who sees every batch. */
  public CassandraSink(
      CassandraTarget target, Map<String, Integer> targets, BatchObserver observer) {
    this(target, targets, observer, System::currentTimeMillis, KNOWN_KEYS);
  }

  CassandraSink(
      CassandraTarget target,
      Map<String, Integer> targets,
      BatchObserver observer,
      LongSupplier clockMs,
      int knownKeys) {
    this.surroundings =
        new FeedCopy.Surroundings(
            new KnownKeys(knownKeys),
            new AtomicLong()::incrementAndGet,
            tally,
            observer,
            clockMs,
            planner);
    this.target = target;
    this.targets = Map.copyOf(targets);
    timer.scheduleWithFixedDelay(
        this::beat,
        Presence.INTERVAL.toMillis(),
        Presence.INTERVAL.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void beat() {
    CassandraLink current = link;
    Set<Integer> databases = new TreeSet<>();
    copies.values().forEach(copy -> databases.add(copy.database()));
    if (current != null && !current.isClosed()) {
      presence.beat(current, databases);
    }
  }

  private static Thread thread(Runnable work, String role) {
    Thread thread = new Thread(work, "replicator-cassandra-" + role);
    thread.setDaemon(true);
    return thread;
  }

  // ---- Connecting

  @Override
  public CompletionStage<Done> connect() {
    copies.clear();
    return connected()
        .thenCompose(
            current ->
                new SchemaSetup(current).ensure().thenCompose(tables -> prepare(current, tables)))
        .thenApply(done -> Done.getInstance());
  }

  /**
   * A link that has lost all its nodes is replaced: connecting anew says why none answers, reads
   * certificates and names again.
   */
  private CompletionStage<CassandraLink> connected() {
    CassandraLink current = link;
    if (current == null) {
      return newLink();
    }
    if (!current.isClosed() && current.nodesUp() > 0) {
      return CompletableFuture.completedFuture(current);
    }
    return current.close().thenCompose(closed -> newLink());
  }

  private CompletionStage<CassandraLink> newLink() {
    return CassandraLink.connect(target, timer)
        .thenApply(
            connected -> {
              linkTallyBefore = linkTally();
              link = connected;
              prepared = null;
              return connected;
            });
  }

  private CompletionStage<?> prepare(CassandraLink current, String identity) {
    TargetTables before = prepared;
    if (before != null && before.identity().equals(identity)) {
      return CompletableFuture.completedFuture(before);
    }
    return TargetTables.prepare(current, identity, surroundings.clockMs())
        .thenApply(tables -> prepared = tables);
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    TargetTables current = requireConnected();
    current.epochs().forget();
    return current
        .cursors()
        .read()
        .thenCompose(
            stored -> {
              Map<FeedKey, Cursor> cursors = new ConcurrentHashMap<>();
              CompletionStage<Void> checked = CompletableFuture.completedFuture(null);
              for (CursorTable.Stored one : stored) {
                if (targetOrNone(one.feed().database()) == one.database()) {
                  checked =
                      checked
                          .thenCompose(done -> current.epochs().current(one.database()))
                          .thenAccept(
                              timeline -> {
                                if (isOf(one, timeline)) {
                                  cursors.put(one.feed(), one.state().cursor());
                                }
                              });
                }
              }
              return checked.thenApply(done -> cursors);
            });
  }

  /** A cursor of another epoch, or of the same with other timestamps, cannot be built on. */
  private static boolean isOf(CursorTable.Stored stored, Timeline timeline) {
    return timeline != null
        && timeline.base() == stored.base()
        && timeline.epoch().equals(FeedCopy.epoch(stored.state().cursor()));
  }

  // ---- Opening

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> newFeeds) {
    Map<Feed, Integer> numbers = new HashMap<>();
    try {
      newFeeds.forEach(feed -> numbers.put(feed, target(feed.database())));
      requireOneSourceEach(numbers);
    } catch (SinkRefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    TargetTables current = requireConnected();
    current.epochs().forget();
    return current
        .cursors()
        .read()
        .thenCompose(
            stored -> {
              CompletionStage<Void> opened = CompletableFuture.completedFuture(null);
              for (Feed feed : newFeeds) {
                opened = opened.thenCompose(done -> open(current, feed, numbers.get(feed), stored));
              }
              return opened;
            })
        .thenApply(done -> Done.getInstance());
  }

  private CompletionStage<Void> open(
      TargetTables current, Feed feed, int database, List<CursorTable.Stored> stored) {
    CursorTable.Stored own =
        stored.stream()
            .filter(one -> one.database() == database && one.feed().equals(feed.key()))
            .findFirst()
            .orElse(null);
    return current
        .epochs()
        .current(database)
        .thenCompose(
            timeline ->
                new FeedCopy(
                        surroundings,
                        current,
                        feed,
                        database,
                        own != null && isOf(own, timeline) ? own.state() : FeedState.NONE,
                        own == null ? 0 : own.timestamp())
                    .open())
        .thenAccept(copy -> copies.put(feed.key(), copy));
  }

  private static void requireOneSourceEach(Map<Feed, Integer> numbers) {
    Map<Integer, String> sources = new HashMap<>();
    numbers.forEach(
        (feed, number) -> {
          String other = sources.putIfAbsent(number, feed.database());
          // A reset of one would sweep the other's keys.
          if (other != null && !other.equals(feed.database())) {
            throw new SinkRefusedException(
                "databases "
                    + other
                    + " and "
                    + feed.database()
                    + " are both mapped to database "
                    + number
                    + ": give each a target of its own (DB=TARGET)");
          }
        });
  }

  // ---- Applying

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    FeedCopy copy = copies.get(feed.key());
    if (copy == null) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "database " + feed.database() + " of " + target + " is not open: open it again"));
    }
    return copy.apply(batches)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                copies.remove(feed.key(), copy);
              }
            });
  }

  /** What a group waits for, the next ones need not. */
  @Override
  public int appliesMax() {
    return APPLIES_MAX;
  }

  // ---- About it

  private int target(String database) {
    int number = targetOrNone(database);
    if (number < 0) {
      throw new SinkRefusedException(
          "database "
              + database
              + " is not a number: say which database of "
              + target
              + " it goes to ("
              + database
              + "=TARGET)");
    }
    return number;
  }

  private int targetOrNone(String database) {
    Integer mapped = targets.get(database);
    if (mapped != null) {
      return mapped;
    }
    return database.matches("\\d{1,7}") ? Integer.parseInt(database) : -1;
  }

  private TargetTables requireConnected() {
    TargetTables current = prepared;
    if (current == null || link == null || link.isClosed()) {
      throw new CassandraFailedException("not connected to " + target + ": connect first");
    }
    return current;
  }

  /** A cursor is a request for itself, between those before it and those behind it. */
  @Override
  public int bundleBytesMin() {
    return BUNDLE_BYTES_MIN;
  }

  @Override
  public CompletionStage<Done> close() {
    copies.clear();
    CassandraLink current = link;
    CompletionStage<?> closed =
        current == null ? CompletableFuture.completedFuture(null) : current.close();
    return closed.handle(
        (done, failure) -> {
          // What waits there for another attempt fails by the closed link, and so ends.
          timer.shutdown();
          planner.shutdown();
          return Done.getInstance();
        });
  }

  /** The cluster, and what goes where if not by its own number. */
  @Override
  public String describe() {
    return targets.isEmpty() ? target.toString() : target + " " + new TreeMap<>(targets);
  }

  /** Registers {@code replicator.cassandra.*}. */
  @Override
  public void bindTo(MeterRegistry registry) {
    SinkMeters.bind(this, registry);
  }

  /** What was done since the sink was made. */
  public SinkTally tally() {
    return tally;
  }

  /** Requests since the sink was made. */
  public LinkTally linkTally() {
    CassandraLink current = link;
    return current == null ? linkTallyBefore : current.tally().plus(linkTallyBefore);
  }

  /** Clients that write to the same databases, and should not. */
  public int otherClients() {
    return presence.others();
  }

  /** Nodes that are connected. */
  public int nodesUp() {
    CassandraLink current = link;
    return current == null || current.isClosed() ? 0 : current.nodesUp();
  }
}
