package io.replicator.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.client.Client;
import io.replicator.actors.client.ClientSettings;
import io.replicator.actors.hub.Hub;
import io.replicator.actors.hub.HubDatabase;
import io.replicator.actors.hub.HubSettings;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.QosLevel;
import io.replicator.store.CommitWriter;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionSettings;
import io.replicator.streams.send.SessionStatus;
import io.replicator.testkit.InMemorySink;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub with a real store, a client with a sink in memory, and an emulated link between them. */
class HubAndClientTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private ActorTestKit kit;
  private RocksStore store;
  private CommitWriter writer;
  private Hub hub;
  private LinkEmulator link;
  private Client client;
  private final InMemorySink sink = new InMemorySink();

  @BeforeEach
  void startHub() throws Exception {
    kit = ActorTestKit.create();
    var settings = StoreSettings.defaults(directory.resolve("store"));
    store = RocksStore.open(settings);
    writer = store.writer();
    hub =
        get(
            Hub.start(
                kit.system(),
                new HubSettings(
                    "127.0.0.1",
                    0,
                    List.of(
                        new HubSettings.ServedDatabase(
                            "5", QosLevel.REALTIME, HubDatabase.Origin.CAPTURED),
                        new HubSettings.ServedDatabase(
                            "0", QosLevel.IDLE, HubDatabase.Origin.CAPTURED)),
                    settings,
                    SessionSettings.DEFAULT,
                    Duration.ofSeconds(10)),
                store,
                null,
                new SimpleMeterRegistry()));
  }

  @AfterEach
  void stop() throws Exception {
    if (client != null) {
      get(client.stop());
    }
    get(hub.stop());
    if (link != null) {
      link.close();
    }
    store.close();
    kit.shutdownTestKit();
  }

  @Test
  void shouldBringALoadAndThenChangesOfEveryKind() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      writer.database("0").putValue(key("key", i), DataType.STRING, Bytes.utf8("v" + i), 0);
    }
    writer.database("0").putField(key("hash", 1), DataType.HASH, Bytes.utf8("f"), Bytes.utf8("1"));
    commit();
    follow(LinkConditions.UNLIMITED);
    awaitLive();
    assertThat(sink.violations()).isEmpty();
    assertThat(keys("0")).isEqualTo(10_001);

    writer.database("0").delete(key("key", 7));
    writer.database("0").putField(key("hash", 1), DataType.HASH, Bytes.utf8("g"), Bytes.utf8("2"));
    writer.database("5").putValue(key("quote", 1), DataType.STRING, Bytes.utf8("x"), 0);
    commit();

    await().atMost(PATIENCE).until(() -> keys("0") == 10_000 && keys("5") == 1);
    assertThat(sink.violations()).isEmpty();
  }

  @Test
  void shouldLetAnUrgentChangeOvertakeBulkOnASlowLink() throws Exception {
    var random = new Random(42);
    byte[] noise = new byte[1_000];
    for (int i = 0; i < 10_000; i++) {
      random.nextBytes(noise);
      writer.database("0").putValue(key("bulk", i), DataType.STRING, Bytes.wrap(noise.clone()), 0);
    }
    commit();
    follow(LinkConditions.of(1, Duration.ofMillis(80)));
    // The link is busy with bulk, and its window has found its size.
    await().atMost(PATIENCE).until(() -> keys("0") > 600);

    long[] lagsMs = new long[10];
    for (int i = 0; i < lagsMs.length; i++) {
      Bytes key = key("urgent", i);
      long writtenNs = System.nanoTime();
      writer.database("5").putValue(key, DataType.STRING, Bytes.utf8("!"), 0);
      commit();
      int expected = i + 1;
      await()
          .pollInterval(Duration.ofMillis(2))
          .atMost(PATIENCE)
          .until(() -> keys("5") == expected);
      lagsMs[i] = (System.nanoTime() - writtenNs) / 1_000_000;
    }

    assertThat(keys("0")).isLessThan(10_000);
    assertThat(Arrays.stream(lagsMs).max().orElseThrow()).isLessThan(400);
  }

  @Test
  void shouldResumeWhereALoadBrokeOff() throws Exception {
    var random = new Random(43);
    byte[] noise = new byte[1_000];
    for (int i = 0; i < 3_000; i++) {
      random.nextBytes(noise);
      writer.database("0").putValue(key("bulk", i), DataType.STRING, Bytes.wrap(noise.clone()), 0);
    }
    commit();
    follow(LinkConditions.of(16, Duration.ofMillis(10)));
    for (int cut = 1; cut <= 3; cut++) {
      int reached = cut * 700;
      await().atMost(PATIENCE).until(() -> keys("0") > reached);
      link.reset();
    }
    awaitLive();

    assertThat(keys("0")).isEqualTo(3_000);
    assertThat(sink.violations()).isEmpty();
    long records =
        sink.groups().stream()
            .flatMap(group -> group.batches().stream())
            .mapToLong(batch -> batch.records().size())
            .sum();
    assertThat(records).isEqualTo(3_000);
  }

  private void follow(LinkConditions conditions) throws Exception {
    link = LinkEmulator.to(hub.address(), conditions);
    client =
        Client.start(
            kit.system(),
            new ClientSettings(
                List.of(InetSocketAddress.createUnresolved("127.0.0.1", link.port())),
                List.of(),
                "test",
                8 << 20,
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                false),
            sink,
            new SimpleMeterRegistry());
  }

  private void commit() {
    writer.endCommit();
    writer.flush(false);
  }

  private void awaitLive() {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              SessionStatus session = session();
              return session != null
                  && session.lanes().stream().map(LaneStatus::state).allMatch("live"::equals);
            });
  }

  private SessionStatus session() throws Exception {
    List<SessionStatus> sessions = get(hub.status()).sessions();
    return sessions.isEmpty() ? null : sessions.get(sessions.size() - 1);
  }

  private int keys(String database) {
    return sink.content(database).size();
  }

  private static Bytes key(String prefix, int number) {
    return Bytes.utf8(prefix + ":" + number);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
