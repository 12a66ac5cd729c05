package io.replicator.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.client.Client;
import io.replicator.actors.client.ClientStatus;
import io.replicator.actors.hub.EmbeddedDatabases;
import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.app.client.RunningClient;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.Overrides;
import io.replicator.app.hub.RunningHub;
import io.replicator.app.process.Stages;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.redis.verify.RedisComparison;
import io.replicator.replication.KeyFilter;
import io.replicator.streams.BatchSink;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A source and a target, each a real redis-server; between them a hub, an emulated link and a
 * client in this JVM, put together from settings as the commands do it. What was started is closed
 * in reverse order. Confined to the test's thread.
 */
final class TwoSites implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(20);

  /** A key that is the last to change: whoever has its newest value has all before it. */
  static final String MARK = "~mark";

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final AtomicInteger marks = new AtomicInteger();
  private final Path directory;
  private final RedisProcess source;
  private final RedisProcess target;
  private RunningHub hub;
  private LinkEmulator link;
  private RunningClient client;

  private TwoSites(Path directory, RedisProcess source, RedisProcess target) {
    this.directory = directory;
    this.source = source;
    this.target = target;
    started.push(source);
    started.push(target);
  }

  /** Both servers, and nothing between them yet. */
  static TwoSites start() {
    return start(new String[0]);
  }

  /**
   * @param sourceArguments of the source, as on redis-server's command line
   */
  static TwoSites start(String... sourceArguments) {
    try {
      return new TwoSites(
          Files.createTempDirectory("replicator-e2e"),
          RedisProcess.start(sourceArguments),
          RedisProcess.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- Parts

  /** Starts a hub and awaits that it has captured everything; then the link to it. */
  TwoSites hub(String databases, LinkConditions conditions, String... settings) {
    Overrides overrides =
        new Overrides()
            .set("replicator.hub.databases", "test", databases)
            .set("replicator.hub.source.addresses", "test", "127.0.0.1:" + source.port())
            .set("replicator.hub.listen", "test", "127.0.0.1:0")
            .set("replicator.hub.http", "test", "off")
            .set("replicator.hub.drain-timeout", "test", "0 s")
            .set("replicator.hub.data", "test", directory.resolve("hub").toString());
    set(overrides, "replicator.hub.", settings);
    Configuration configuration = Configuration.load(overrides, null);
    hub = RunningHub.start(configuration.whole(), HubConfiguration.read(configuration));
    started.push(hub);
    awaitThat("the hub captures", () -> assertThat(captured(hubStatus())).isTrue());
    try {
      link = LinkEmulator.to(hub.hub().address().getPort(), conditions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    started.push(link);
    return this;
  }

  TwoSites hub(String databases) {
    return hub(databases, LinkConditions.UNLIMITED);
  }

  /**
   * Starts the client into the target.
   *
   * @param subscriptions as for {@code --subscribe}, with commas between; empty for all
   */
  TwoSites client(String subscriptions, String... settings) {
    Configuration configuration = clientSettings("client", subscriptions, settings);
    client =
        RunningClient.start(
            configuration.whole(),
            ClientConfiguration.read(configuration),
            new PrintWriter(System.out, true, java.nio.charset.StandardCharsets.UTF_8));
    started.push(client);
    return this;
  }

  /** Ends the client; another one may follow. */
  void endClient() {
    started.remove(client);
    client.close();
    client = null;
  }

  /** One more client, which is called {@code name} in the hub's status, into a sink of its own. */
  Client client(String name, String subscriptions, BatchSink sink) {
    Configuration configuration = clientSettings(name, subscriptions);
    ActorSystem<Void> system =
        ActorSystem.create(Behaviors.empty(), "replicator-client", configuration.whole());
    started.push(
        () -> {
          system.terminate();
          Stages.await(system.getWhenTerminated(), PATIENCE);
        });
    Client other =
        Client.start(
            system,
            ClientConfiguration.read(configuration).client(),
            sink,
            new SimpleMeterRegistry());
    started.push(() -> Stages.await(other.stop(), PATIENCE));
    return other;
  }

  private Configuration clientSettings(String name, String subscriptions, String... settings) {
    Overrides overrides =
        new Overrides()
            .set("replicator.client.hubs", "test", "127.0.0.1:" + link.port())
            .set("replicator.client.to", "test", target.uri())
            .set("replicator.client.backoff-max", "test", "500 ms")
            .set("replicator.client.name", "test", name);
    if (!subscriptions.isEmpty()) {
      overrides.set("replicator.client.subscribe", "test", subscriptions);
    }
    set(overrides, "replicator.client.", settings);
    return Configuration.load(overrides, null);
  }

  /** {@code settings}: names and values by turns. */
  private static void set(Overrides overrides, String prefix, String... settings) {
    for (int i = 0; i < settings.length; i += 2) {
      overrides.set(prefix + settings[i], "test", settings[i + 1]);
    }
  }

  LinkEmulator link() {
    return link;
  }

  RedisProcess source() {
    return source;
  }

  RedisProcess target() {
    return target;
  }

  /** A connection to the source, closed with everything else. */
  RedisUser sourceUser(int database) {
    return user(source, database);
  }

  /** A connection to the target, closed with everything else. */
  RedisUser targetUser(int database) {
    return user(target, database);
  }

  private RedisUser user(RedisProcess redis, int database) {
    var user = new RedisUser(redis, database);
    started.push(user);
    return user;
  }

  void atSource(int database, Consumer<RedisUser> work) {
    try (var user = new RedisUser(source, database)) {
      work.accept(user);
      user.flush();
    }
  }

  void atTarget(int database, Consumer<RedisUser> work) {
    try (var user = new RedisUser(target, database)) {
      work.accept(user);
      user.flush();
    }
  }

  /** The way into the hub's own databases. */
  EmbeddedDatabases embedded() {
    return hub.hub().embedded();
  }

  /** Completes when the client has ended, and fails with the reason. */
  CompletionStage<Done> clientDone() {
    return client.client().whenDone();
  }

  // ---- What there is to see

  HubStatus hubStatus() {
    try {
      return Stages.await(hub.hub().status(), PATIENCE);
    } catch (Exception e) {
      throw new AssertionError("the hub does not answer", e);
    }
  }

  ClientStatus clientStatus() {
    return client.client().status();
  }

  DatabaseStatus databaseStatus(String name) {
    return hubStatus().databases().stream()
        .filter(database -> database.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** What the capture could not take, by kind. */
  java.util.Map<String, Long> unsupported() {
    return hubStatus().sources().get(0).unsupported();
  }

  Optional<SessionStatus> session(String clientName) {
    return hubStatus().sessions().stream()
        .filter(session -> session.clientName().equals(clientName))
        .reduce((older, newer) -> newer);
  }

  LaneStatus lane(String clientName, String database) {
    Optional<SessionStatus> session = session(clientName);
    assertThat(session).as("session of %s", clientName).isPresent();
    return session.orElseThrow().lanes().stream()
        .filter(lane -> lane.database().equals(database))
        .findFirst()
        .orElseThrow();
  }

  LaneStatus lane(String database) {
    return lane("client", database);
  }

  private static boolean captured(HubStatus status) {
    return status.sources().stream()
            .allMatch(source -> source.state() == SourceStatus.State.STREAMING)
        && status.databases().stream().noneMatch(DatabaseStatus::loading);
  }

  // ---- Waiting

  static void awaitThat(String what, org.awaitility.core.ThrowingRunnable assertion) {
    await(what).atMost(PATIENCE).pollInterval(LOOK).untilAsserted(assertion);
  }

  /** Waits until the client follows all of its databases. */
  void awaitLive() {
    awaitThat(
        "the client is live",
        () -> {
          assertThat(clientStatus().state()).as("%s", clientStatus()).isEqualTo("live");
          assertThat(session("client").orElseThrow().lanes())
              .allSatisfy(lane -> assertThat(lane.state()).isEqualTo("live"));
        });
  }

  /**
   * Waits until the target has everything that was written to the source before this call, and no
   * load is under way: a load brings keys in their order, the mark before others.
   */
  void awaitMark(int database, int targetDatabase, String markKey) {
    String mark = Integer.toString(marks.incrementAndGet());
    atSource(database, user -> user.call("SET", markKey, mark));
    try (var user = new RedisUser(target, targetDatabase)) {
      awaitThat(
          "mark " + mark + " of database " + database,
          () -> assertThat(user.text("GET", markKey)).isEqualTo(mark));
    }
    awaitThat(
        "no load of database " + database,
        () ->
            assertThat(clientStatus().feeds())
                .filteredOn(feed -> feed.database().equals(Integer.toString(database)))
                .isNotEmpty()
                .noneMatch(feed -> feed.state().equals("loading")));
  }

  void awaitMark(int database) {
    awaitMark(database, database, MARK);
  }

  /** Waits as {@link #awaitMark}, then the two must be equal, expiries to the millisecond. */
  void awaitEqual(int... databases) {
    for (int database : databases) {
      awaitMark(database);
      assertEqual(database, database, KeyFilter.ALL);
    }
  }

  void assertEqual(int sourceDatabase, int targetDatabase, KeyFilter filter) {
    Comparison comparison = compare(sourceDatabase, targetDatabase, filter);
    assertThat(comparison.examples()).isEmpty();
    assertThat(comparison.differences()).isZero();
  }

  Comparison compare(int sourceDatabase, int targetDatabase, KeyFilter filter) {
    ComparisonSettings given = ComparisonSettings.DEFAULT;
    var exact =
        new ComparisonSettings(
            filter, given.examplesMax(), Duration.ZERO, given.settle(), given.clockMs());
    try {
      return new RedisComparison(
              RedisAddress.parse(source.uri() + "/" + sourceDatabase),
              RedisAddress.parse(target.uri() + "/" + targetDatabase),
              exact)
          .run((done, total) -> {});
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    AssertionError failure = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        failure = new AssertionError("not closed in order", e);
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
    if (failure != null) {
      throw failure;
    }
  }
}
