package io.replicator.streams.send;

import io.replicator.protocol.Capabilities;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Source;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscription;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.QosLevel;
import io.replicator.store.Admission;
import io.replicator.store.Database;
import io.replicator.store.DatabaseStats;
import io.replicator.store.Store;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.WireMapping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a hub offers to sessions, and the rules by which a client's Hello, or what it subscribes to
 * later, becomes feeds. Immutable; any thread.
 */
public final class SessionOffer {
  private static final int SUBSCRIPTIONS_MAX = 1_000;
  private static final int RESUMES_MAX = 10_000;

  /** Over the whole life of a session: each takes a byte of every heartbeat, gone or not. */
  private static final int FEEDS_OF_SESSION_MAX = 65_536;

  private static final Duration ACK_DELAY_MAX = Duration.ofSeconds(1);

  /** What encoding may add to the sizes by which a pull counts. */
  private static final int ENCODING_BYTES_MAX = 1 << 20;

  private final Store store;
  private final Map<String, QosLevel> levels;
  private final Supplier<HubIdentity> identity;
  private final SessionSettings settings;
  private final int plainBytesMax;

  /**
   * @param levels the databases served, in order, and their lanes
   * @param identity asked at every handshake: a source's id is known only once it has been reached
   * @param valueBytesMax the longest key, field or value that the store may hold
   */
  public SessionOffer(
      Store store,
      Map<String, QosLevel> levels,
      Supplier<HubIdentity> identity,
      SessionSettings settings,
      int valueBytesMax) {
    this.store = store;
    this.levels = new LinkedHashMap<>(levels);
    this.identity = identity;
    this.settings = settings;
    // A pull stops after the record that reaches its limit, and that one may be as long as any.
    this.plainBytesMax =
        (int)
            Math.min(
                Integer.MAX_VALUE,
                settings.batchBytesMax() + 3L * valueBytesMax + ENCODING_BYTES_MAX);
  }

  SessionSettings settings() {
    return settings;
  }

  /**
   * The feeds that answer {@code hello}, each with the cursor to begin from.
   *
   * @throws WireException with the reason for a refusal
   */
  Accepted accept(Hello hello, long sessionId) {
    if (hello.getProtocolVersion() < Frames.VERSION_MIN
        || hello.getProtocolVersion() > Frames.VERSION_MAX) {
      throw new WireException(
          Refusal.Reason.UNSUPPORTED_VERSION,
          "protocol version %d is not supported, %d to %d are"
              .formatted(hello.getProtocolVersion(), Frames.VERSION_MIN, Frames.VERSION_MAX));
    }
    Map<FeedKey, Cursor> resumes = resumes(hello);
    var welcome =
        Welcome.newBuilder()
            .setProtocolVersion(hello.getProtocolVersion())
            .addAllCapabilities(Capabilities.ALL)
            .setSessionId(sessionId)
            .setHeartbeatIntervalMs((int) settings.heartbeatInterval().toMillis())
            .setCreditBytes(settings.creditBytes())
            .setBatchBytesMax(plainBytesMax);
    HubIdentity hub = identity.get();
    welcome.setHubId(hub.hubId()).setEpoch(hub.epoch().id());
    for (HubIdentity.SourceIdentity source : hub.sources()) {
      welcome.addSources(
          Source.newBuilder()
              .setId(source.id())
              .setAddress(source.address())
              .addAllDatabases(source.databases()));
    }
    boolean subscribes = hello.getCapabilitiesList().contains(Capabilities.SUBSCRIBE);
    List<OfferedFeed> feeds = new ArrayList<>();
    for (Map.Entry<String, KeyFilter> wanted : filters(hello, subscribes).entrySet()) {
      int id = feeds.size() + 1;
      Feed feed = feed(id, wanted.getKey(), wanted.getValue());
      OfferedFeed offered = offer(feed, resumes.getOrDefault(feed.key(), Cursor.NOTHING));
      welcome.addFeeds(offered.wire());
      feeds.add(offered);
    }
    return new Accepted(
        clientName(hello),
        welcome.build(),
        feeds,
        subscribes,
        hello.getCapabilitiesList().contains(Capabilities.DICTIONARY),
        Math.min(Integer.toUnsignedLong(hello.getAckDelayMaxMs()), ACK_DELAY_MAX.toMillis()));
  }

  /**
   * The feed that answers {@code subscribe} in a running session.
   *
   * @param id of the feed
   * @param live how many subscriptions the session has
   * @throws WireException with the reason for refusing this one; the session may go on
   */
  OfferedFeed accept(Subscribe subscribe, int id, int live) {
    if (live >= SUBSCRIPTIONS_MAX || id > FEEDS_OF_SESSION_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "%d subscriptions are there, after %d in this session; allowed are %d, of %d in all"
              .formatted(live, id - 1, SUBSCRIPTIONS_MAX, FEEDS_OF_SESSION_MAX));
    }
    String database = subscribe.getDatabase();
    checkServed(database);
    KeyFilter filter =
        canonical(WireMapping.toFilter(subscribe.getIncludeList(), List.of()).include());
    Feed feed = feed(id, database, filter);
    Resume resume = subscribe.getResume();
    Cursor cursor = WireMapping.toCursor(resume.getCursor());
    boolean same =
        resume.getFingerprint().isEmpty()
            || resume.getFingerprint().equals(feed.key().fingerprint());
    if (same || cursor instanceof Cursor.Nothing) {
      return offer(feed, cursor);
    }
    return offer(feed, new Admission(Cursor.NOTHING, "the cursor is one of other keys"));
  }

  private Feed feed(int id, String database, KeyFilter filter) {
    var key = new FeedKey(database, WireMapping.fingerprint(database, filter));
    return new Feed(id, key, levels.get(database), filter);
  }

  private OfferedFeed offer(Feed feed, Cursor cursor) {
    return offer(feed, store.database(feed.database()).admit(cursor));
  }

  private OfferedFeed offer(Feed feed, Admission admission) {
    Database database = store.database(feed.database());
    DatabaseStats stats = database.stats();
    return new OfferedFeed(
        feed,
        database,
        admission.cursor(),
        WireMapping.toWire(
            feed,
            admission.cursor(),
            admission.resetReason(),
            stats.head(),
            stats.keys(),
            stats.bytes()));
  }

  private static String clientName(Hello hello) {
    String name = hello.getClientName().isEmpty() ? "unnamed" : hello.getClientName();
    return shortened(name);
  }

  private static String shortened(String name) {
    return name.length() > 100 ? name.substring(0, 100) : name;
  }

  /** The cursors that the client holds, by what they belong to. */
  private static Map<FeedKey, Cursor> resumes(Hello hello) {
    if (hello.getResumesCount() > RESUMES_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          hello.getResumesCount() + " cursors in a Hello, " + RESUMES_MAX + " are allowed");
    }
    Map<FeedKey, Cursor> resumes = new HashMap<>();
    for (Resume resume : hello.getResumesList()) {
      resumes.put(
          new FeedKey(resume.getDatabase(), resume.getFingerprint()),
          WireMapping.toCursor(resume.getCursor()));
    }
    return resumes;
  }

  /**
   * One filter for each database asked for, in the order served: subscriptions of a database add
   * up.
   */
  private Map<String, KeyFilter> filters(Hello hello, boolean subscribes) {
    if (subscribes) {
      if (hello.getSubscriptionsCount() > 0) {
        throw new WireException(
            Refusal.Reason.MALFORMED,
            hello.getSubscriptionsCount()
                + " subscriptions in a Hello with the capability '"
                + Capabilities.SUBSCRIBE
                + "', which sends each in a Subscribe");
      }
      return Map.of();
    }
    if (hello.getSubscriptionsCount() > SUBSCRIPTIONS_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          hello.getSubscriptionsCount()
              + " subscriptions, "
              + SUBSCRIPTIONS_MAX
              + " are allowed in a session");
    }
    Map<String, List<KeyGlob>> globs = new HashMap<>();
    List<Subscription> subscriptions =
        hello.getSubscriptionsCount() == 0
            ? List.of(Subscription.getDefaultInstance())
            : hello.getSubscriptionsList();
    for (Subscription subscription : subscriptions) {
      Set<String> databases =
          subscription.getDatabase().isEmpty()
              ? levels.keySet()
              : Set.of(subscription.getDatabase());
      KeyFilter part = WireMapping.toFilter(subscription.getIncludeList(), List.of());
      for (String database : databases) {
        checkServed(database);
        globs.computeIfAbsent(database, ignored -> new ArrayList<>()).addAll(part.include());
      }
    }
    Map<String, KeyFilter> filters = new LinkedHashMap<>();
    for (String database : levels.keySet()) {
      List<KeyGlob> include = globs.get(database);
      if (include != null) {
        filters.put(database, canonical(include));
      }
    }
    return filters;
  }

  private void checkServed(String database) {
    if (!levels.containsKey(database)) {
      throw new WireException(
          Refusal.Reason.UNKNOWN_DATABASE,
          "database '" + shortened(database) + "' is not served here, " + levels.keySet() + " are");
    }
  }

  // The order in which a client names its globs does not matter: the same keys are the same feed.
  private static KeyFilter canonical(List<KeyGlob> include) {
    if (include.stream().anyMatch(KeyGlob::matchesAll)) {
      return KeyFilter.ALL;
    }
    var sorted = new TreeMap<Bytes, KeyGlob>();
    for (KeyGlob glob : include) {
      sorted.put(glob.pattern(), glob);
    }
    return new KeyFilter(List.copyOf(sorted.values()), List.of());
  }

  /**
   * What a session was granted.
   *
   * @param subscribes whether feeds are added and removed while it runs
   * @param dictionaries whether the client decodes blocks that need one
   * @param ackDelayMaxMs how long the client may hold back an acknowledgement
   */
  record Accepted(
      String clientName,
      Welcome welcome,
      List<OfferedFeed> feeds,
      boolean subscribes,
      boolean dictionaries,
      long ackDelayMaxMs) {}

  /**
   * A feed, where its records come from, and the cursor to begin with.
   *
   * @param wire how the client is told
   */
  record OfferedFeed(
      Feed feed, Database database, Cursor from, io.replicator.protocol.v1.Feed wire) {}
}
