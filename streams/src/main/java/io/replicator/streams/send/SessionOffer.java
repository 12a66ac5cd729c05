package io.replicator.streams.send;

import io.replicator.protocol.Frames;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Source;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a hub offers to sessions, and the rules by which a client's Hello becomes feeds. Immutable;
 * any thread.
 */
public final class SessionOffer {
  private static final int SUBSCRIPTIONS_MAX = 1_000;
  private static final int RESUMES_MAX = 10_000;

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
    List<OfferedFeed> feeds = new ArrayList<>();
    for (Map.Entry<String, KeyFilter> wanted : filters(hello).entrySet()) {
      Database database = store.database(wanted.getKey());
      var key =
          new FeedKey(wanted.getKey(), WireMapping.fingerprint(wanted.getKey(), wanted.getValue()));
      var feed = new Feed(feeds.size() + 1, key, levels.get(wanted.getKey()), wanted.getValue());
      Admission admission = database.admit(resumes.getOrDefault(key, Cursor.NOTHING));
      DatabaseStats stats = database.stats();
      welcome.addFeeds(
          WireMapping.toWire(
              feed,
              admission.cursor(),
              admission.resetReason(),
              stats.head(),
              stats.keys(),
              stats.bytes()));
      feeds.add(new OfferedFeed(feed, database, admission.cursor()));
    }
    return new Accepted(clientName(hello), welcome.build(), feeds);
  }

  private static String clientName(Hello hello) {
    String name = hello.getClientName().isEmpty() ? "unnamed" : hello.getClientName();
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
  private Map<String, KeyFilter> filters(Hello hello) {
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
        if (!levels.containsKey(database)) {
          throw new WireException(
              Refusal.Reason.UNKNOWN_DATABASE,
              "database '" + database + "' is not served here, " + levels.keySet() + " are");
        }
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

  /** What a session was granted. */
  record Accepted(String clientName, Welcome welcome, List<OfferedFeed> feeds) {}

  /** A feed, where its records come from, and the cursor to begin with. */
  record OfferedFeed(Feed feed, Database database, Cursor from) {}
}
