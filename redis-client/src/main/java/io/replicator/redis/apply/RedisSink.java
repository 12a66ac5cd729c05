package io.replicator.redis.apply;

import io.replicator.redis.apply.FeedProgress.Sweep;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisConnector;
import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.SinkRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies to a Redis server. A group and its cursor are one MULTI/EXEC, sent in one write on the
 * connection of the target database; a load over existing keys marks and sweeps instead of
 * flushing.
 *
 * <p>A feed's life within a session: {@link #open} reads its {@link FeedProgress} back from the
 * target and finishes a sweep that was broken off; {@link #apply} moves it on, and only after the
 * server has confirmed. Any failure forgets it, so that nothing can be applied before the next
 * {@link #open} has asked the target what it really holds.
 *
 * <p>Thread-safe as {@link BatchSink} asks. Stages complete on Lettuce's I/O threads.
 */
public final class RedisSink implements BatchSink {
  private static final Logger log = LoggerFactory.getLogger(RedisSink.class);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final int VERSION_MIN = 7;

  /** A connection, and its id at the server for the case that it must be ended from outside. */
  private record Writer(RedisLink link, long clientId, String runId) {}

  private final RedisAddress address;
  private final Map<String, Integer> targets;
  private final RedisConnector connector = new RedisConnector(ANSWER_TIMEOUT);
  private final Map<Integer, Writer> writers = new ConcurrentHashMap<>();

  // Broken ones that the server has not been told to end yet: while it is away, connecting fails,
  // and none is forgotten for that.
  private final Set<Writer> unended = ConcurrentHashMap.newKeySet();
  private final Map<FeedKey, FeedProgress> progresses = new ConcurrentHashMap<>();
  private final Set<String> malformedLogged = ConcurrentHashMap.newKeySet();

  // Once it was writable, it may become so again.
  private volatile boolean wasOpen;

  // Reads what concerns the server as a whole; selects a database before each use of one.
  private volatile RedisLink control;

  /**
   * @param address the server; its database number counts for nothing, {@code targets} decides
   * @param targets the target's database number by the source's database name; names without one go
   *     to the number that they are
   */
  public RedisSink(RedisAddress address, Map<String, Integer> targets) {
    this.address = address;
    this.targets = Map.copyOf(targets);
  }

  @Override
  public CompletionStage<Done> connect() {
    RedisLink current = control;
    boolean whole =
        current != null
            && current.isOpen()
            && unended.isEmpty()
            && writers.values().stream().allMatch(writer -> writer.link().isOpen());
    if (whole) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    unended.addAll(writers.values());
    writers.clear();
    progresses.clear();
    unended.forEach(writer -> writer.link().close());
    if (current != null) {
      current.close();
    }
    return bare(
        connector
            .connect(address.withDatabase(0))
            .thenCompose(
                link -> {
                  control = link;
                  return endOnServer(link, List.copyOf(unended));
                }));
  }

  /** The same, failing with the exception itself rather than with one that wraps it. */
  private static <T> CompletionStage<T> bare(CompletionStage<T> stage) {
    var bare = new CompletableFuture<T>();
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            bare.complete(value);
          } else {
            bare.completeExceptionally(
                failure instanceof CompletionException && failure.getCause() != null
                    ? failure.getCause()
                    : failure);
          }
        });
    return bare;
  }

  /**
   * What a broken connection had sent may still wait in the server's socket buffer, and would be
   * executed after the cursor has been read back: so the server is told to drop it first.
   */
  private CompletionStage<Done> endOnServer(RedisLink link, List<Writer> broken) {
    if (broken.isEmpty()) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return facts(link)
        .thenCompose(
            facts -> {
              List<Request> kills = new ArrayList<>();
              for (Writer writer : broken) {
                // After a restart of the server the id may be somebody else's.
                if (writer.runId().equals(facts.runId())) {
                  kills.add(Request.of(Verb.CLIENT).add("KILL").add("ID").add(writer.clientId()));
                }
              }
              return link.send(kills);
            })
        .thenApply(
            sent -> {
              unended.removeAll(Set.copyOf(broken));
              return Done.getInstance();
            });
  }

  private CompletionStage<ServerFacts> facts(RedisLink link) {
    return link.send(Request.of(Verb.INFO).add("default"))
        .thenApply(info -> ServerFacts.parse(info.bytes()));
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    return bare(readCursors());
  }

  private CompletionStage<Map<FeedKey, Cursor>> readCursors() {
    return connected()
        .thenCompose(this::facts)
        .thenCompose(
            facts -> {
              Set<Integer> databases = new TreeSet<>(facts.databases());
              List<Request> requests = new ArrayList<>();
              for (int database : databases) {
                requests.add(Request.of(Verb.SELECT).add(database));
                requests.add(Request.of(Verb.HGETALL, TargetKeys.CURSORS));
              }
              return connected()
                  .thenCompose(link -> link.send(requests))
                  .thenCompose(sent -> readable(List.copyOf(databases), sent));
            });
  }

  /** The cursors in the replies to SELECT and HGETALL by turns that can be continued from. */
  private CompletionStage<Map<FeedKey, Cursor>> readable(
      List<Integer> databases, List<Request> sent) {
    Map<FeedKey, Cursor> cursors = new HashMap<>();
    CompletionStage<Map<FeedKey, Cursor>> result = CompletableFuture.completedFuture(cursors);
    for (int i = 0; i < databases.size(); i++) {
      int database = databases.get(i);
      List<Object> pairs = sent.get(2 * i + 1).list();
      for (int j = 0; j + 1 < pairs.size(); j += 2) {
        FeedKey feed = TargetKeys.feedOf((Bytes) pairs.get(j));
        if (feed == null || targetOrNone(feed.database()) != database) {
          continue;
        }
        FeedProgress progress = parse(feed, (Bytes) pairs.get(j + 1));
        result =
            result.thenCompose(
                soFar ->
                    withStage(database, feed, progress)
                        .thenApply(
                            known -> {
                              soFar.put(feed, known.cursor());
                              return soFar;
                            }));
      }
    }
    return result;
  }

  /** A load that has lost its staging key cannot be continued. */
  private CompletionStage<FeedProgress> withStage(
      int database, FeedKey feed, FeedProgress progress) {
    if (progress.open() == null || !progress.open().staged()) {
      return CompletableFuture.completedFuture(progress);
    }
    return connected()
        .thenCompose(
            link ->
                link.send(
                    List.of(
                        Request.of(Verb.SELECT).add(database),
                        Request.of(Verb.EXISTS, TargetKeys.of(feed).stage()))))
        .thenApply(
            sent -> {
              if (sent.get(1).integer() == 1) {
                return progress;
              }
              log.warn(
                  "{} has lost a part of the load of database {}: it begins anew",
                  address,
                  feed.database());
              return FeedProgress.NONE;
            });
  }

  private FeedProgress parse(FeedKey feed, Bytes text) {
    if (text == null) {
      return FeedProgress.NONE;
    }
    try {
      return FeedProgress.parse(text.asUtf8());
    } catch (RuntimeException e) {
      if (malformedLogged.add(feed.database())) {
        log.warn(
            "the cursor of database {} at {} cannot be read and counts as none: {}",
            feed.database(),
            address,
            e.getMessage());
      }
      return FeedProgress.NONE;
    }
  }

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds) {
    Map<Feed, Integer> numbers = new HashMap<>();
    try {
      feeds.forEach(feed -> numbers.put(feed, target(feed.database())));
      requireOneSourceEach(numbers);
    } catch (SinkRefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    return bare(open(hub, feeds, numbers));
  }

  private CompletionStage<Done> open(
      HubIdentity hub, List<Feed> feeds, Map<Feed, Integer> numbers) {
    return connected()
        .thenCompose(this::facts)
        .thenCompose(
            facts -> {
              requireWritable(facts);
              requireOther(facts, hub, numbers);
              CompletionStage<Done> opened = CompletableFuture.completedFuture(Done.getInstance());
              for (Feed feed : feeds) {
                opened = opened.thenCompose(done -> open(feed, numbers.get(feed), facts));
              }
              wasOpen = true;
              return opened;
            });
  }

  private void requireWritable(ServerFacts facts) {
    if (facts.readOnlyReplica()) {
      String what =
          address
              + " is a read-only replica of "
              + facts.master()
              + ": write to that server instead, or end the replication with REPLICAOF NO ONE";
      if (wasOpen) {
        // A failover under way, or one that is taken back: not a wrong setting.
        throw new RedisFailedException(what);
      }
      throw new SinkRefusedException(what);
    }
    int dot = facts.version().indexOf('.');
    if (dot > 0 && Integer.parseInt(facts.version().substring(0, dot)) < VERSION_MIN) {
      throw new SinkRefusedException(
          address + " is Redis " + facts.version() + ": 7.0 or later is needed");
    }
  }

  private void requireOther(ServerFacts facts, HubIdentity hub, Map<Feed, Integer> numbers) {
    for (HubIdentity.SourceIdentity source : hub.sources()) {
      if (!source.id().equals("redis:" + facts.runId())) {
        continue;
      }
      numbers.forEach(
          (feed, number) -> {
            if (source.databases().contains(Integer.toString(number))) {
              throw new SinkRefusedException(
                  "database "
                      + number
                      + " of "
                      + address
                      + " is itself captured by the hub ("
                      + source.address()
                      + "): map database "
                      + feed.database()
                      + " to another number (DB=TARGET) or name another server");
            }
          });
    }
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

  private CompletionStage<Done> open(Feed feed, int number, ServerFacts facts) {
    TargetKeys keys = TargetKeys.of(feed.key());
    return writer(number, facts)
        .thenCompose(
            link ->
                link.send(Request.of(Verb.HGET, TargetKeys.CURSORS).add(keys.cursorField()))
                    .thenApply(reply -> parse(feed.key(), reply.bytes()))
                    .thenCompose(progress -> withStage(number, feed.key(), progress))
                    .thenCompose(
                        progress ->
                            progress.sweep() == Sweep.SWEEPING
                                ? sweep(feed, link, keys, progress)
                                : CompletableFuture.completedFuture(progress)))
        .thenApply(
            progress -> {
              progresses.put(feed.key(), progress);
              return Done.getInstance();
            });
  }

  private CompletionStage<RedisLink> writer(int number, ServerFacts facts) {
    Writer known = writers.get(number);
    if (known != null) {
      return CompletableFuture.completedFuture(known.link());
    }
    return connector
        .connect(address.withDatabase(number))
        .exceptionally(
            failure -> {
              if (RedisConnector.isDatabaseMissing(failure)) {
                throw new SinkRefusedException(
                    address
                        + " has no database "
                        + number
                        + ": raise databases in its redis.conf, or map to a lower number (DB=TARGET)");
              }
              throw failure instanceof CompletionException wrapped
                  ? wrapped
                  : new CompletionException(failure);
            })
        .thenCompose(
            link ->
                link.send(Request.of(Verb.CLIENT).add("ID"))
                    .thenApply(
                        id -> {
                          writers.put(number, new Writer(link, id.integer(), facts.runId()));
                          return link;
                        }));
  }

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    FeedProgress progress = progresses.get(feed.key());
    Writer writer = writers.get(targetOrNone(feed.database()));
    if (progress == null || writer == null) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "database "
                  + feed.database()
                  + " of "
                  + address
                  + " is not open: open the sink again"));
    }
    Cursor from = batches.get(0).from();
    if (!batches.get(0).beginsLoad() && !from.equals(progress.cursor())) {
      progresses.remove(feed.key());
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "a batch of database "
                  + feed.database()
                  + " follows "
                  + from
                  + ", but "
                  + address
                  + " is at "
                  + progress.cursor()));
    }
    CompletionStage<Applied> applied;
    try {
      applied = new GroupApply(feed, writer.link()).all(batches, progress);
    } catch (RuntimeException e) {
      applied = CompletableFuture.failedFuture(e);
    }
    return bare(
        applied.whenComplete(
            (done, failure) -> {
              if (failure != null) {
                progresses.remove(feed.key());
              }
            }));
  }

  /** One call of {@link #apply}: the parts of a group one after the other, counting. */
  private final class GroupApply {
    private final Feed feed;
    private final RedisLink link;
    private final TargetKeys keys;
    private long records;
    private long refusedPayloads;

    GroupApply(Feed feed, RedisLink link) {
      this.feed = feed;
      this.link = link;
      this.keys = TargetKeys.of(feed.key());
    }

    /**
     * The first frontier after a reset load ends with a sweep, of many transactions of its own,
     * before what follows may be applied.
     */
    CompletionStage<Applied> all(List<Batch> batches, FeedProgress progress) {
      int loading = 0;
      while (loading < batches.size() && batches.get(loading).ofLoad()) {
        loading++;
      }
      CompletionStage<FeedProgress> end = CompletableFuture.completedFuture(progress);
      if (loading > 0) {
        List<Batch> load = batches.subList(0, loading);
        end = load(load, progress);
      }
      if (loading < batches.size()) {
        List<Batch> delta = batches.subList(loading, batches.size());
        end = end.thenCompose(loaded -> delta(delta, loaded));
      }
      return end.thenApply(
          last -> {
            progresses.put(feed.key(), last);
            return new Applied(
                records - refusedPayloads,
                refusedPayloads == 0 ? Map.of() : Map.of("OPAQUE", refusedPayloads));
          });
    }

    private CompletionStage<FeedProgress> load(List<Batch> batches, FeedProgress before) {
      CompletionStage<FeedProgress> ready = CompletableFuture.completedFuture(before);
      if (batches.get(0).beginsLoad()) {
        ready = begin();
      }
      return ready.thenCompose(
          begun -> {
            var writer = new CommandWriter();
            FeedProgress progress = begun;
            for (Batch batch : batches) {
              progress = LoadPlan.write(batch, keys, progress, writer);
              records += batch.records().size();
            }
            return commit(writer, progress);
          });
    }

    /** What an earlier load has left behind goes; what it must replace or remove is marked. */
    private CompletionStage<FeedProgress> begin() {
      return link.send(Request.of(Verb.UNLINK, keys.stage()).add(keys.empty()))
          .thenCompose(
              done -> {
                if (done.error() != null) {
                  throw new RedisFailedException(Transaction.explain(link, done, done.error()));
                }
                return new StaleKeys(link, keys).collect(feed.filter());
              })
          .thenApply(
              marked -> {
                if (marked > 0) {
                  log.info(
                      "loading database {} into {} over about {} keys there",
                      feed.database(),
                      link.address(),
                      marked);
                }
                return FeedProgress.NONE.withSweep(marked > 0 ? Sweep.MARKED : Sweep.NONE);
              });
    }

    private CompletionStage<FeedProgress> delta(List<Batch> batches, FeedProgress before) {
      var plan = new DeltaPlan(keys, before, batches);
      return link.send(plan.questions())
          .thenCompose(
              answered -> {
                var writer = new CommandWriter();
                FeedProgress progress = plan.write(writer, System.currentTimeMillis());
                if (plan.lostKey() != null) {
                  return loadAgain(
                      "key "
                          + plan.lostKey()
                          + " expired at "
                          + link.address()
                          + " before its longer life arrived there: database "
                          + feed.database()
                          + " is loaded again, no key is missing meanwhile but this");
                }
                batches.forEach(batch -> records += batch.records().size());
                return commit(writer, progress);
              });
    }

    private CompletionStage<FeedProgress> commit(CommandWriter writer, FeedProgress progress) {
      List<Request> commands = writer.finish();
      commands.add(
          Request.of(Verb.HSET, TargetKeys.CURSORS).add(keys.cursorField()).add(progress.encode()));
      return Transaction.run(link, commands)
          .thenCompose(
              outcome -> {
                refusedPayloads += outcome.refusedPayloads();
                if (outcome.failed() != null) {
                  return loadAgain(Transaction.explain(link, outcome.failed(), outcome.failure()));
                }
                return progress.sweep() == Sweep.SWEEPING
                    ? sweep(feed, link, keys, progress)
                    : CompletableFuture.completedFuture(progress);
              });
    }

    /**
     * Part of a change could not be applied, so that no cursor would be true: without one, the next
     * session's reset load mends the copy, key by key, without emptying it.
     */
    private <T> CompletionStage<T> loadAgain(String why) {
      return link.send(Request.of(Verb.HDEL, TargetKeys.CURSORS).add(keys.cursorField()))
          .thenCompose(done -> CompletableFuture.failedFuture(new RedisFailedException(why)));
    }
  }

  /** Ends a reset load: removes what it did not bring, then says so in the cursor. */
  private CompletionStage<FeedProgress> sweep(
      Feed feed, RedisLink link, TargetKeys keys, FeedProgress progress) {
    FeedProgress swept = progress.withSweep(Sweep.NONE);
    return new StaleKeys(link, keys)
        .sweep()
        .thenCompose(
            removed -> {
              log.info(
                  "loaded database {} into {}, removed {} keys that are gone",
                  feed.database(),
                  link.address(),
                  removed);
              return Transaction.run(
                  link,
                  List.of(
                      Request.of(Verb.UNLINK, keys.stale()),
                      Request.of(Verb.HSET, TargetKeys.CURSORS)
                          .add(keys.cursorField())
                          .add(swept.encode())));
            })
        .thenApply(outcome -> swept);
  }

  private int target(String database) {
    int number = targetOrNone(database);
    if (number < 0) {
      throw new SinkRefusedException(
          "database "
              + database
              + " is not a number: say which database of "
              + address
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

  private CompletionStage<RedisLink> connected() {
    RedisLink link = control;
    return link != null && link.isOpen()
        ? CompletableFuture.completedFuture(link)
        : CompletableFuture.failedFuture(
            new RedisFailedException("not connected to " + address + ": connect first"));
  }

  @Override
  public CompletionStage<Done> close() {
    writers.clear();
    progresses.clear();
    return connector.closeAsync().thenApply(done -> Done.getInstance());
  }

  /** The server, and what goes where if not by its own number. */
  @Override
  public String describe() {
    String server = address.toString().replaceFirst("/\\d+$", "");
    return targets.isEmpty() ? server : server + " " + new java.util.TreeMap<>(targets);
  }
}
