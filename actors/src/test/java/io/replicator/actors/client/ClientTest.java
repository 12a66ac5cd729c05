package io.replicator.actors.client;

import static io.replicator.actors.client.ScriptedHub.at;
import static io.replicator.actors.client.ScriptedHub.batch;
import static io.replicator.actors.client.ScriptedHub.feed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.client.ClientSettings.ClientSubscription;
import io.replicator.actors.client.ClientStatus.FeedStatus;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyGlob;
import io.replicator.streams.SinkRefusedException;
import io.replicator.streams.WireMapping;
import io.replicator.streams.receive.HubRefusedException;
import io.replicator.testkit.InMemorySink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client against hubs whose every word the test says. */
class ClientTest {
  private static final ActorTestKit TESTKIT = ActorTestKit.create("client-test");

  private final InMemorySink sink = new InMemorySink();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ScriptedHub hub;
  private Client client;

  @BeforeEach
  void openHub() throws IOException {
    hub = new ScriptedHub();
  }

  @AfterEach
  void stop() throws Exception {
    sink.releaseApplies();
    if (client != null) {
      client.stop().toCompletableFuture().handle((done, failure) -> done).get(15, TimeUnit.SECONDS);
    }
    hub.close();
    assertThat(sink.violations()).isEmpty();
  }

  @AfterAll
  static void shutDown() {
    TESTKIT.shutdownTestKit();
  }

  @Test
  void shouldFollowAHubFromHelloToLive() throws Exception {
    client =
        start(
            new ClientSettings(
                List.of(hub.address()),
                List.of(new ClientSubscription("0", List.of(KeyGlob.of("k*")))),
                "test",
                8 << 20,
                Duration.ofMillis(50),
                Duration.ofMillis(200),
                Duration.ofSeconds(5),
                false));
    ScriptedHub.Connection connection = hub.accept();
    Hello hello = connection.readHello();
    assertThat(hello.getProtocolVersion()).isEqualTo(1);
    assertThat(hello.getClientName()).isEqualTo("test");
    assertThat(hello.getClientId()).isNotEmpty();
    assertThat(hello.getResumesList()).isEmpty();
    assertThat(hello.getSubscriptions(0).getDatabase()).isEqualTo("0");
    assertThat(hello.getSubscriptions(0).getInclude(0).toStringUtf8()).isEqualTo("k*");

    connection.welcome(WireMapping.toWire(feed(1, "0"), Cursor.NOTHING, "", 7, 10, 1_000));
    await().until(() -> client.status().state().equals("loading"));
    int bytes = connection.batch(1, batch(Cursor.NOTHING, 7, true, 5_000));
    connection.readUntilApplied(1, 1);
    connection.readUntilReceived(bytes);

    await().until(() -> client.status().state().equals("live"));
    FeedStatus status = client.status().feeds().get(0);
    assertThat(status.database()).isEqualTo("0");
    assertThat(status.qos()).isEqualTo("realtime");
    assertThat(status.version()).isEqualTo(7);
    assertThat(status.records()).isEqualTo(1);
    assertThat(status.keysExpected()).isEqualTo(10);
    assertThat(status.keysLoaded()).isEqualTo(1);
    assertThat(status.receivedBytes()).isEqualTo(bytes);
    assertThat(status.plainBytes()).isBetween(5_000L, 5_200L);
    assertThat(sink.content("0")).containsOnlyKeys(Bytes.utf8("key7"));
    assertThat(sink.sessions().get(0).sources().get(0).id()).isEqualTo("redis:abc");

    connection.heartbeat(12);
    await().until(() -> client.status().feeds().get(0).head() == 12);
    assertThat(meters.get("replicator.client.records").functionCounter().count()).isEqualTo(1);
    assertThat(meters.get("replicator.client.head").gauge().value()).isEqualTo(12);
  }

  @Test
  void shouldResumeFromTheCursorOfTheSinkAfterALostConnection() throws Exception {
    client = start(settings());
    try (ScriptedHub.Connection connection = hub.welcome(Cursor.NOTHING, 7)) {
      connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
      connection.batch(1, batch(at(7), 8, true, 10));
      connection.readUntilApplied(1, 2);
    }

    ScriptedHub.Connection connection = hub.accept();
    Hello hello = connection.readHello();

    assertThat(hello.getResumesList()).hasSize(1);
    assertThat(hello.getResumes(0).getDatabase()).isEqualTo("0");
    assertThat(hello.getResumes(0).getFingerprint()).isEqualTo("f1");
    assertThat(WireMapping.toCursor(hello.getResumes(0).getCursor())).isEqualTo(at(8));
    connection.welcome(WireMapping.toWire(feed(1, "0"), at(8), "", 9, 10, 1_000));
    connection.batch(1, batch(at(8), 9, true, 10));
    connection.readUntilApplied(1, 1);
    assertThat(sink.content("0")).hasSize(3);
    assertThat(meters.get("replicator.client.records").functionCounter().count()).isEqualTo(3);
    assertThat(meters.get("replicator.client.reconnects").counter().count()).isEqualTo(1);
  }

  @Test
  void shouldReadCursorsOnlyWhenNoApplyIsUnderWayAnyMore() throws Exception {
    sink.holdApplies();
    client = start(settings());
    try (ScriptedHub.Connection connection = hub.welcome(Cursor.NOTHING, 7)) {
      connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
      await().until(() -> sink.appliesBegun() == 1);
    }

    sink.releaseApplies();

    Hello hello = hub.accept().readHello();
    assertThat(WireMapping.toCursor(hello.getResumes(0).getCursor())).isEqualTo(at(7));
  }

  @Test
  void shouldApplyNothingTwiceWhenTheSinkFailsAfterItBecameDurable() throws Exception {
    sink.failAfterNextApply(new IllegalStateException("answer lost"));
    client = start(settings());
    ScriptedHub.Connection first = hub.welcome(Cursor.NOTHING, 7);
    first.batch(1, batch(Cursor.NOTHING, 7, true, 10));
    assertThat(first.readGoodbye()).contains("answer lost");

    Hello hello = hub.accept().readHello();

    assertThat(WireMapping.toCursor(hello.getResumes(0).getCursor())).isEqualTo(at(7));
  }

  @Test
  void shouldStartAgainFromTheCursorWhenAnApplyFailed() throws Exception {
    sink.failNextApply(new IllegalStateException("target is gone"));
    client = start(settings());
    hub.welcome(Cursor.NOTHING, 7).batch(1, batch(Cursor.NOTHING, 7, true, 10));

    ScriptedHub.Connection second = hub.welcome(Cursor.NOTHING, 7);
    second.batch(1, batch(Cursor.NOTHING, 7, true, 10));

    second.readUntilApplied(1, 1);
    assertThat(sink.groups()).hasSize(1);
  }

  @Test
  void shouldTryHubsInTurn() throws Exception {
    try (ScriptedHub other = new ScriptedHub()) {
      client = start(settings(List.of(closedPort(), hub.address(), other.address()), false));

      ScriptedHub.Connection refusing = hub.accept();
      refusing.readHello();
      refusing.refuse(Refusal.Reason.SHUTTING_DOWN, "draining");
      other.welcome(at(7), 7);

      await().until(() -> client.status().state().equals("live"));
      assertThat(client.status().hub()).isEqualTo("127.0.0.1:" + other.address().getPort());
      assertThat(client.status().attempts()).isZero();
    }
  }

  @Test
  void shouldReturnToTheHubOfASessionThatWorkedBeforeTheNext() throws Exception {
    try (ScriptedHub other = new ScriptedHub()) {
      client = start(settings(List.of(hub.address(), other.address()), false));
      ScriptedHub.Connection connection = hub.welcome(at(7), 7);
      await().until(() -> client.status().state().equals("live"));

      connection.goodbye("restarting");
      connection.close();
      hub.accept().close();

      other.welcome(at(7), 7);
      await().until(() -> client.status().state().equals("live"));
    }
  }

  @Test
  void shouldTellAHubThatBreaksTheProtocolAndTryAgain() throws Exception {
    client = start(settings());
    ScriptedHub.Connection connection = hub.welcome(at(7), 7);
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

    assertThat(connection.readGoodbye()).contains("frame of 1213486160 bytes");
    connection.readToEnd();

    hub.welcome(at(7), 7);
    await().until(() -> client.status().state().equals("live"));
  }

  @Test
  void shouldTellWhyItWaits() throws Exception {
    client =
        start(
            new ClientSettings(
                List.of(hub.address()),
                List.of(),
                "test",
                8 << 20,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                false));
    ScriptedHub.Connection connection = hub.accept();
    connection.readHello();
    connection.refuse(Refusal.Reason.TOO_MANY_SESSIONS, "20 of 20 sessions");

    await().until(() -> client.status().state().equals("waiting"));
    assertThat(client.status().detail()).contains("TOO_MANY_SESSIONS").contains("20 of 20");
    assertThat(client.status().attempts()).isEqualTo(1);
  }

  @Test
  void shouldSayOnceThatEveryApplyFails() {
    for (int i = 0; i < 3; i++) {
      sink.failNextApply(new IllegalStateException("writing is forbidden"));
    }
    client = start(settings());
    LoggingTestKit.warn("writing is forbidden")
        .withOccurrences(1)
        .expect(TESTKIT.system(), this::sendInSessionsUntilItIsApplied);
  }

  /** Each opens well; the fourth applies. */
  private Void sendInSessionsUntilItIsApplied() {
    try {
      for (int i = 0; i < 3; i++) {
        hub.welcome(Cursor.NOTHING, 7).batch(1, batch(Cursor.NOTHING, 7, true, 10));
      }
      ScriptedHub.Connection last = hub.welcome(Cursor.NOTHING, 7);
      last.batch(1, batch(Cursor.NOTHING, 7, true, 10));
      last.readUntilApplied(1, 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return null;
  }

  @Test
  void shouldReconnectWhenTheHubFallsSilent() throws Exception {
    client = start(settings());
    ScriptedHub.Connection connection = hub.accept();
    connection.readHello();
    connection.welcome(50, WireMapping.toWire(feed(1, "0"), at(7), "", 7, 10, 1_000));

    assertThat(connection.readGoodbye()).contains("nothing heard for 150 ms");

    hub.welcome(at(7), 7);
    await().until(() -> client.status().state().equals("live"));
  }

  @Test
  void shouldEndOnceItIsCaughtUp() throws Exception {
    client = start(settings(List.of(hub.address()), true));
    ScriptedHub.Connection connection = hub.accept();
    connection.readHello();
    connection.welcome(
        WireMapping.toWire(feed(1, "0"), Cursor.NOTHING, "", 7, 10, 1_000),
        WireMapping.toWire(feed(2, "1"), at(3), "", 4, 10, 1_000),
        WireMapping.toWire(feed(3, "2"), at(5), "", 5, 10, 1_000));
    connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
    connection.readUntilApplied(1, 1);
    assertThat(client.whenDone().toCompletableFuture()).isNotDone();

    // Feed 3 has nothing to come. The sink never heard of what feed 2 was resumed from.
    sink.holdCursor(feed(2, "1").key(), at(3));
    connection.batch(2, batch(at(3), 4, true, 10));

    assertThat(connection.readGoodbye()).isEqualTo("caught up");
    client.whenDone().toCompletableFuture().get(5, TimeUnit.SECONDS);
    assertThat(client.status().state()).isEqualTo("stopped");
    assertThat(sink.closed()).isEqualTo(1);
  }

  @Test
  void shouldWaitForTheApplyUnderWayWhenStopped() throws Exception {
    sink.holdApplies();
    client = start(settings());
    ScriptedHub.Connection connection = hub.welcome(Cursor.NOTHING, 7);
    connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
    await().until(() -> sink.appliesBegun() == 1);

    var stopped = client.stop().toCompletableFuture();

    assertThat(connection.readGoodbye()).isEqualTo("the client stops");
    assertThatThrownBy(() -> stopped.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(sink.closed()).isZero();
    sink.releaseApplies();
    stopped.get(5, TimeUnit.SECONDS);
    assertThat(sink.closed()).isEqualTo(1);
    assertThat(sink.cursorsHeld()).containsValue(at(7));
    assertThat(meters.getMeters()).isEmpty();
  }

  @Test
  void shouldStopWhileItWaits() throws Exception {
    client = start(settings(List.of(closedPort()), false));
    await().until(() -> client.status().state().equals("waiting"));

    client.stop().toCompletableFuture().get(5, TimeUnit.SECONDS);

    assertThat(sink.closed()).isEqualTo(1);
  }

  @Test
  void shouldEndWhenTheSinkRefuses() throws Exception {
    sink.refuse("the target is the source");
    client = start(settings());
    hub.welcome(Cursor.NOTHING, 7);

    assertThatThrownBy(() -> client.whenDone().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(SinkRefusedException.class)
        .hasMessageContaining("the target is the source");
    assertThat(client.status().state()).isEqualTo("stopped");
    assertThat(client.status().detail()).isEqualTo("the target is the source");
  }

  @Test
  void shouldEndWhenEveryHubRefusesForGood() throws Exception {
    try (ScriptedHub other = new ScriptedHub()) {
      client = start(settings(List.of(hub.address(), other.address()), false));
      for (ScriptedHub one : List.of(hub, other)) {
        assertThat(client.whenDone().toCompletableFuture()).isNotDone();
        ScriptedHub.Connection connection = one.accept();
        connection.readHello();
        connection.refuse(Refusal.Reason.UNKNOWN_DATABASE, "no database 9, known are 0 and 1");
      }

      assertThatThrownBy(() -> client.whenDone().toCompletableFuture().get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(HubRefusedException.class)
          .hasMessageContaining("no database 9, known are 0 and 1");
    }
  }

  @Test
  void shouldConnectTheSinkAgainWhenItWasUnavailable() throws Exception {
    sink.failNextConnect(new IllegalStateException("connection refused"));
    sink.failNextConnect(new IllegalStateException("connection refused"));
    client = start(settings());

    hub.welcome(at(7), 7);

    await().until(() -> client.status().state().equals("live"));
  }

  @Test
  void shouldStayWithItsHubWhenItIsTheSinkThatFails() throws Exception {
    try (ScriptedHub other = new ScriptedHub()) {
      client = start(settings(List.of(hub.address(), other.address()), false));
      ScriptedHub.Connection first = hub.welcome(Cursor.NOTHING, 7);
      sink.failNextApply(new IllegalStateException("target is gone"));
      sink.failNextConnect(new IllegalStateException("target restarts"));
      first.batch(1, batch(Cursor.NOTHING, 7, true, 10));

      hub.welcome(Cursor.NOTHING, 7);

      await().until(() -> client.status().attempts() == 0);
      assertThat(client.status().hub()).isEqualTo("127.0.0.1:" + hub.address().getPort());
    }
  }

  @Test
  void shouldLeaveBatchesUntakenWhileTheSinkIsSlow() throws Exception {
    sink.holdApplies();
    client = start(settings());
    ScriptedHub.Connection connection = hub.welcome(Cursor.NOTHING, 7);
    int bytes = connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
    for (int version = 7; version < 27; version++) {
      bytes += connection.batch(1, batch(at(version), version + 1, true, 200_000));
    }

    // All are read, and about a megabyte is taken, to be applied next.
    connection.readUntilReceived(bytes);
    connection.readUntilTaken(1, 7);
    connection.heartbeat(27);
    await().until(() -> client.status().feeds().get(0).head() == 27);
    assertThat(connection.taken(1)).isEqualTo(7);
    assertThat(connection.applied(1)).isZero();
    assertThat(sink.appliesBegun()).isEqualTo(1);

    sink.releaseApplies();
    connection.readUntilApplied(1, 21);
    assertThat(sink.groups()).hasSizeLessThan(12);
    assertThat(sink.content("0")).hasSize(21);
  }

  @Test
  void shouldDecompressWithTheDictionaryThatTheHubHandsOver() throws Exception {
    client = start(settings());
    ScriptedHub.Connection connection = hub.welcome(at(0), 1);
    sink.holdCursor(feed(1, "0").key(), at(0));
    byte[] value =
        "{\"quote\":\"EURUSD\",\"bid\":1.0712,\"ask\":1.0714}".getBytes(StandardCharsets.UTF_8);
    Batch batch =
        new Batch(at(0), at(1), true, false, List.of(ScriptedHub.string("k", value, at(0), 1)));
    try (var dictionary = new ZstdDictionary(3, value, 3)) {
      connection.dictionary(dictionary);
      connection.batch(1, batch, dictionary);
    }

    connection.readUntilApplied(1, 1);

    assertThat(sink.content("0").get(Bytes.utf8("k")).value()).isEqualTo(Bytes.wrap(value));
  }

  @Test
  void shouldCountAndLogOnceWhatTheSinkCannotHold() throws Exception {
    sink.doNotSupport(record -> true);
    client = start(settings());
    LoggingTestKit.warn("memory: cannot hold records of kind UNSUPPORTED")
        .withOccurrences(1)
        .expect(TESTKIT.system(), this::sendTwoBatchesThatTheSinkCannotHold);
  }

  private Void sendTwoBatchesThatTheSinkCannotHold() {
    try {
      ScriptedHub.Connection connection = hub.welcome(Cursor.NOTHING, 7);
      connection.batch(1, batch(Cursor.NOTHING, 7, true, 10));
      connection.batch(1, batch(at(7), 8, true, 10));
      connection.readUntilApplied(1, 2);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await()
        .ignoreExceptions()
        .until(() -> meters.get("replicator.client.unsupported").counter().count(), equalTo(2.0));
    return null;
  }

  private Client start(ClientSettings settings) {
    return Client.start(TESTKIT.system(), settings, sink, meters);
  }

  private ClientSettings settings() {
    return settings(List.of(hub.address()), false);
  }

  private static ClientSettings settings(List<InetSocketAddress> hubs, boolean once) {
    return new ClientSettings(
        hubs,
        List.of(),
        "test",
        8 << 20,
        Duration.ofMillis(20),
        Duration.ofMillis(200),
        Duration.ofSeconds(5),
        once);
  }

  /** A port where nobody listens. */
  private static InetSocketAddress closedPort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return InetSocketAddress.createUnresolved("127.0.0.1", socket.getLocalPort());
    }
  }
}
