package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.protocol.Frames;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.replication.QosLevel;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import io.replicator.streams.Capture;
import io.replicator.streams.send.SessionSettings;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub's life: how it begins, whom it takes, and in which order it ends. */
class HubTest {
  @TempDir Path directory;
  private final ActorTestKit kit = ActorTestKit.create();
  private final ScriptedCapture capture = new ScriptedCapture();
  private StoreSettings storeSettings;
  private RocksStore store;
  private int port;
  private int sessionsMax = 10;
  private List<String> embedded = List.of();
  private Duration drainTimeout = Duration.ofSeconds(60);

  @BeforeEach
  void openStore() {
    storeSettings = StoreSettings.defaults(directory);
    store = RocksStore.open(storeSettings);
  }

  @AfterEach
  void closeAll() {
    capture.end();
    kit.shutdownTestKit();
    store.close();
  }

  @Test
  void shouldRefuseOneSessionTooManyWithAReasonAndTakeItLater() throws Exception {
    sessionsMax = 1;
    Hub hub = get(start(null));
    try (Socket first = connect(hub)) {
      assertThat(hello(first).hasWelcome()).isTrue();
      try (Socket second = connect(hub)) {
        Refusal refusal = read(second).getRefusal();
        assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.TOO_MANY_SESSIONS);
        assertThat(refusal.getDetail()).isEqualTo("this hub serves 1 sessions at a time");
      }
    }

    await().until(() -> get(hub.status()).sessions().isEmpty());
    try (Socket third = connect(hub)) {
      assertThat(hello(third).hasWelcome()).isTrue();
    }
  }

  @Test
  void shouldLetAClientHaveEverythingAndSayGoodbyeWhenItStops() throws Exception {
    Hub hub = get(start(null));
    try (Socket client = connect(hub)) {
      hello(client);
      Frame frontier = read(client);
      assertThat(frontier.getChunk().getLast()).isTrue();

      CompletionStage<Done> stopped = hub.stop();
      assertThatThrownBy(() -> stopped.toCompletableFuture().get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      var ack =
          Ack.newBuilder()
              .setReceivedBytes(Integer.BYTES + frontier.getSerializedSize())
              .addFeeds(FeedAck.newBuilder().setFeed(1).setTakenBatch(1).setAppliedBatch(1));
      client.getOutputStream().write(Frames.encode(Frame.newBuilder().setAck(ack).build()));

      assertThat(read(client).getGoodbye().getReason()).isEqualTo("the hub stops");
      client.shutdownOutput();
      get(stopped);
    }
  }

  @Test
  void shouldHaveStoppedOnlyWhenTheCaptureHasEnded() throws Exception {
    drainTimeout = Duration.ZERO;
    Hub hub = get(start(() -> capture));
    await().until(capture::hasBegun);

    CompletionStage<Done> stopped = hub.stop();

    await().until(capture::isToldToStop);
    assertThatThrownBy(() -> stopped.toCompletableFuture().get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    capture.end();
    get(stopped);
  }

  @Test
  void shouldTellThatItsPortIsTakenOnceTheCaptureHasEnded() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
      var starting = start(() -> capture).toCompletableFuture();

      await().until(capture::isToldToStop);
      assertThat(starting).isNotDone();
      capture.end();

      assertThatThrownBy(() -> get(starting))
          .hasMessageContaining("cannot listen at 127.0.0.1:" + port)
          .hasMessageContaining("--hub");
    }
  }

  @Test
  void shouldFailVisiblyWhenACaptureCannotEvenBeMade() {
    var starting =
        start(
            () -> {
              throw new IllegalArgumentException("no such source");
            });

    var ended = starting.thenCompose(Hub::whenStopped);
    assertThatThrownBy(() -> get(ended)).isInstanceOf(ExecutionException.class);
  }

  @Test
  void shouldServeDatabasesOfItsOwnBesideThoseOfASource() throws Exception {
    embedded = List.of("quotes", "prices");
    Hub hub = get(start(() -> capture));

    assertThat(hub.epoch()).isEqualTo(store.epoch());
    assertThat(hub.databases())
        .extracting(HubDatabase::name, HubDatabase::origin, HubDatabase::level)
        .containsExactly(
            tuple("0", HubDatabase.Origin.CAPTURED, QosLevel.REALTIME),
            tuple("quotes", HubDatabase.Origin.EMBEDDED, QosLevel.HIGH),
            tuple("prices", HubDatabase.Origin.EMBEDDED, QosLevel.HIGH));
    assertThat(get(hub.status()).databases())
        .extracting(HubStatus.DatabaseStatus::origin)
        .containsExactly("captured", "embedded", "embedded");
    assertThat(get(put(hub, "quotes", "a"))).isInstanceOf(Outcome.Written.class);
    assertThat(hub.databases().get(1).database().stats().keys()).isEqualTo(1);
    assertThatThrownBy(() -> get(put(hub, "0", "a")))
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("database 0");
    capture.end();
  }

  @Test
  void shouldWriteWhatItHasTakenBeforeItStopsAndTakeNothingAfterwards() throws Exception {
    embedded = List.of("quotes");
    Hub hub = get(start(null));
    List<CompletionStage<Outcome>> taken = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      taken.add(put(hub, "quotes", "k" + i));
    }

    get(hub.stop());

    for (CompletionStage<Outcome> one : taken) {
      assertThat(get(one)).isInstanceOf(Outcome.Written.class);
    }
    assertThat(store.database("quotes").stats().keys()).isEqualTo(1_000);
    assertThatThrownBy(() -> get(put(hub, "quotes", "late")))
        .hasCauseInstanceOf(WriteRefusedException.class);
  }

  @Test
  void shouldOwnItsDatabasesAgainAfterItWasRestarted() throws Exception {
    embedded = List.of("quotes");
    Hub first = get(start(null));
    get(put(first, "quotes", "a"));
    get(first.stop());

    embedded = List.of("quotes", "prices");
    Hub second = get(start(null));

    assertThat(get(put(second, "quotes", "b"))).isInstanceOf(Outcome.Written.class);
    assertThat(store.database("quotes").stats().keys()).isEqualTo(2);
  }

  @Test
  void shouldNotOwnADatabaseThatIsAPartOfASource() {
    store.writer().beginLoad("quotes");
    store.writer().flush(false);
    embedded = List.of("quotes");

    assertThatThrownBy(() -> get(start(null)))
        .hasMessageContaining("quotes")
        .hasMessageContaining("part of a load");
  }

  private static CompletionStage<Outcome> put(Hub hub, String database, String key) {
    Bytes name = Bytes.utf8(key);
    return hub.embedded()
        .put(database, new Entry(name, DataType.STRING, name, Map.of(), 0), EmbeddedDatabases.ANY);
  }

  private CompletionStage<Hub> start(Supplier<Capture> captures) {
    SessionSettings d = SessionSettings.DEFAULT;
    var session =
        new SessionSettings(
            d.batchBytesMax(),
            d.chunkBytes(),
            d.creditBytes(),
            d.windowBytesMax(),
            d.lowLanesShare(),
            d.queueTarget(),
            d.compressionLevel(),
            d.sharedBlocksBytes(),
            d.heartbeatInterval(),
            d.handshakeTimeout(),
            sessionsMax);
    List<HubSettings.ServedDatabase> served = new ArrayList<>();
    served.add(new HubSettings.ServedDatabase("0", QosLevel.REALTIME, HubDatabase.Origin.CAPTURED));
    for (String name : embedded) {
      served.add(new HubSettings.ServedDatabase(name, QosLevel.HIGH, HubDatabase.Origin.EMBEDDED));
    }
    var settings = new HubSettings("127.0.0.1", port, served, storeSettings, session, drainTimeout);
    return Hub.start(kit.system(), settings, store, captures, new SimpleMeterRegistry());
  }

  private static Socket connect(Hub hub) throws IOException {
    var socket = new Socket(hub.address().getAddress(), hub.address().getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static Frame hello(Socket socket) throws IOException {
    var hello = Hello.newBuilder().setProtocolVersion(Frames.VERSION_MAX).setClientName("test");
    socket.getOutputStream().write(Frames.encode(Frame.newBuilder().setHello(hello).build()));
    return read(socket);
  }

  private static Frame read(Socket socket) throws IOException {
    var in = new DataInputStream(socket.getInputStream());
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    return Frame.parseFrom(frame);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
