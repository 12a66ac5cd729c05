package io.replicator.streams.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Subscription;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.QosLevel;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchCodec;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.WireMapping;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.testkit.TestPublisher;
import org.apache.pekko.stream.testkit.TestSubscriber;
import org.apache.pekko.stream.testkit.javadsl.TestSink;
import org.apache.pekko.stream.testkit.javadsl.TestSource;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.concurrent.duration.FiniteDuration;
import scala.jdk.javaapi.CollectionConverters;

class SessionStageTest {
  private static final FiniteDuration PATIENCE = FiniteDuration.create(5, TimeUnit.SECONDS);
  private static ActorSystem system;

  private final LogStore store = new LogStore();
  private final Map<String, QosLevel> levels = new LinkedHashMap<>();
  private SessionSettings settings = SessionSettings.DEFAULT;
  private SharedBlocks blocks;

  @BeforeAll
  static void startSystem() {
    system = ActorSystem.create("session-stage");
  }

  @AfterAll
  static void stopSystem() {
    TestKit.shutdownActorSystem(system);
  }

  @Test
  void shouldSendEverythingAndReachAFrontierThenTheNextChange() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    store.database("0").set("b", "2");
    Peer peer = connect();

    peer.hello();
    assertThat(peer.batch(1).records()).hasSize(2);
    assertThat(peer.lastBatch.beginsLoad()).isTrue();
    assertThat(peer.lastBatch.frontier()).isTrue();

    store.database("0").set("a", "3");
    assertThat(peer.batch(1).records()).hasSize(1);
    assertThat(peer.lastBatch.from()).isEqualTo(new Cursor.At(LogDatabase.EPOCH, 2));
    assertThat(peer.lastBatch.to()).isEqualTo(new Cursor.At(LogDatabase.EPOCH, 3));
  }

  @Test
  void shouldTellAResumedClientAtTheHeadThatItIsAtAFrontier() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer first = connect();
    Welcome welcome = first.hello();

    Peer peer = connect();
    Welcome resumed =
        peer.hello(
            Hello.newBuilder()
                .addResumes(
                    Resume.newBuilder()
                        .setDatabase("0")
                        .setFingerprint(welcome.getFeeds(0).getFingerprint())
                        .setCursor(WireMapping.toWire(new Cursor.At(LogDatabase.EPOCH, 1)))));

    assertThat(resumed.getFeeds(0).hasResumedFrom()).isTrue();
    assertThat(peer.batch(1).records()).isEmpty();
    assertThat(peer.lastBatch.frontier()).isTrue();
  }

  @Test
  void shouldEncodeOnceForSessionsAtTheSamePlace() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer one = connect();
    Peer two = connect();

    one.hello();
    one.batch(1);
    int pulls = store.database("0").pulls.get();
    two.hello();
    two.batch(1);

    assertThat(store.database("0").pulls.get()).isEqualTo(pulls);
  }

  @Test
  void shouldReachTheHeadFromASharedBlockThatIsOlderThanTheSession() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer one = connect();
    one.hello();
    one.batch(1);
    store.database("0").set("b", "2");
    one.batch(1);

    // What is remembered at this place reaches version 1, and nothing moves the head any more.
    Peer two = connect();
    two.hello();

    two.batch(1);
    if (two.lastBatch.to().equals(new Cursor.At(LogDatabase.EPOCH, 1))) {
      two.batch(1);
    }
    assertThat(two.lastBatch.to()).isEqualTo(new Cursor.At(LogDatabase.EPOCH, 2));
    assertThat(two.lastBatch.frontier()).isTrue();
  }

  @Test
  void shouldMergeChangesWhileTheWindowIsFull() {
    serve("0", QosLevel.HIGH);
    settings = settings(64 * 1024, Duration.ofSeconds(5));
    byte[] noise = new byte[64 * 1024];
    new Random(1).nextBytes(noise);
    store.database("0").set("bulk", noise);
    Peer peer = connect();
    peer.hello();
    peer.readUntilQuiet();

    // The window is full and nothing is acknowledged: these merge in the store.
    for (int round = 0; round < 100; round++) {
      for (int key = 0; key < 10; key++) {
        store.database("0").set("key" + key, "value " + round);
      }
    }
    peer.acknowledge();
    int records = 0;
    Map<String, String> copy = new HashMap<>();
    while (copy.size() < 11 || !"value 99".equals(copy.get("key9"))) {
      Batch batch = peer.batch(1);
      records += batch.records().size();
      for (VersionedRecord record : batch.records()) {
        copy.put(record.key().asUtf8(), ((VersionedRecord.Header) record).value().asUtf8());
      }
    }
    // The bulk, and each key once or, where a batch was already waiting, twice.
    assertThat(records).isLessThanOrEqualTo(1 + 2 * 10);
  }

  @Test
  void shouldLetAnUrgentChunkOvertakeBulk() {
    serve("bulk", QosLevel.IDLE);
    serve("urgent", QosLevel.REALTIME);
    byte[] noise = new byte[200 * 1024];
    new Random(2).nextBytes(noise);
    store.database("bulk").set("noise", noise);
    Peer peer = connect();
    peer.hello();
    peer.readUntilQuiet();

    store.database("urgent").set("now", "!");
    int bulkChunks = 0;
    Chunk next;
    do {
      peer.acknowledge();
      next = peer.chunk();
      bulkChunks++;
    } while (!peer.feedName(next.getFeed()).equals("urgent"));

    // Of more than 200 chunks of bulk, only those went first that were sent while the change was
    // being read.
    assertThat(bulkChunks).isLessThan(100);
  }

  @Test
  void shouldStopSendingWithoutAcknowledgements() {
    serve("0", QosLevel.HIGH);
    byte[] noise = new byte[1 << 20];
    new Random(3).nextBytes(noise);
    store.database("0").set("noise", noise);
    Peer peer = connect();
    peer.hello();

    peer.readUntilQuiet();

    assertThat(peer.received).isBetween(8_000L, 40_000L);
  }

  @Test
  void shouldRefuseAWrongVersionWithAReasonAndTheVersionsSupported() {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();

    peer.send(Frame.newBuilder().setHello(Hello.newBuilder().setProtocolVersion(99)).build());

    Refusal refusal = peer.frame().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.UNSUPPORTED_VERSION);
    assertThat(refusal.getProtocolVersionMax()).isEqualTo(Frames.VERSION_MAX);
    assertThat(refusal.getDetail()).contains("99");
    peer.expectEnd();
  }

  @Test
  void shouldRefuseAnUnknownDatabaseAndNameTheServedOnes() {
    serve("5", QosLevel.HIGH);
    Peer peer = connect();

    peer.send(
        Frame.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setProtocolVersion(1)
                    .addSubscriptions(Subscription.newBuilder().setDatabase("7")))
            .build());

    Refusal refusal = peer.frame().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.UNKNOWN_DATABASE);
    assertThat(refusal.getDetail()).contains("'7'").contains("5");
    peer.expectEnd();
  }

  @Test
  void shouldRefuseBytesThatAreNoFrames() {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();

    peer.publisher.sendNext(ByteString.fromString("GET / HTTP/1.1\r\n\r\n"));

    assertThat(peer.frame().getRefusal().getReason()).isNotEqualTo(Refusal.Reason.UNSPECIFIED);
    peer.expectEnd();
  }

  @Test
  void shouldRefuseAnAcknowledgementOfMoreThanWasSent() {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();
    peer.hello();
    peer.batch(1);

    peer.send(Frame.newBuilder().setAck(Ack.newBuilder().setReceivedBytes(1L << 40)).build());

    assertThat(peer.nextRefusal().getReason()).isEqualTo(Refusal.Reason.MALFORMED);
    peer.expectEnd();
  }

  @Test
  void shouldRefuseAClientThatSaysNothing() {
    settings = settings(256 * 1024, Duration.ofMillis(100));
    serve("0", QosLevel.HIGH);
    Peer peer = connect();

    assertThat(peer.frame().getRefusal().getReason()).isEqualTo(Refusal.Reason.HANDSHAKE_TIMEOUT);
    peer.expectEnd();
  }

  @Test
  void shouldEndWhenDrainedAndNotBefore() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer peer = connect();
    peer.hello();
    peer.batch(1);

    peer.control.drain("the hub stops");
    peer.subscriber.expectNoMessage(FiniteDuration.create(50, TimeUnit.MILLISECONDS));
    peer.acknowledge();

    assertThat(peer.frame().getGoodbye().getReason()).isEqualTo("the hub stops");
    peer.expectEnd();
  }

  @Test
  void shouldForgetItsListenersWhenTheClientGoes() {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();
    peer.hello();
    assertThat(store.database("0").listeners()).isEqualTo(1);

    peer.publisher.sendComplete();

    await().until(() -> store.database("0").listeners() == 0);
  }

  @Test
  void shouldReportLanesInItsStatus() throws Exception {
    serve("0", QosLevel.LOW);
    store.database("0").set("a", "1");
    Peer peer = connect();
    peer.hello();
    peer.batch(1);
    peer.acknowledge();

    await()
        .untilAsserted(
            () -> {
              SessionStatus status =
                  peer.control.status().toCompletableFuture().get(5, TimeUnit.SECONDS);
              assertThat(status.state()).isEqualTo("running");
              LaneStatus lane = status.lanes().get(0);
              assertThat(lane.state()).isEqualTo("live");
              assertThat(lane.cursor()).isEqualTo(1);
              assertThat(lane.lagVersions()).isZero();
              assertThat(lane.records()).isEqualTo(1);
            });
  }

  private void serve(String database, QosLevel level) {
    store.database(database);
    levels.put(database, level);
  }

  private static SessionSettings settings(int batchBytesMax, Duration handshakeTimeout) {
    SessionSettings d = SessionSettings.DEFAULT;
    return new SessionSettings(
        batchBytesMax,
        d.chunkBytes(),
        d.creditBytes(),
        d.windowBytesMax(),
        d.lowLanesShare(),
        d.queueTarget(),
        d.compressionLevel(),
        d.sharedBlocksBytes(),
        d.heartbeatInterval(),
        handshakeTimeout,
        d.sessionsMax());
  }

  private Peer connect() {
    if (blocks == null) {
      blocks =
          new SharedBlocks(
              system.dispatcher(), settings, new Dictionaries(store, system.dispatcher(), 3));
    }
    var offer =
        new SessionOffer(
            store,
            levels,
            () -> new HubIdentity("hub", LogDatabase.EPOCH, List.of()),
            settings,
            64 << 20);
    return new Peer(new SessionStage(1, "test:1", offer, blocks));
  }

  /** The client's end of a session, frame by frame. */
  private static final class Peer {
    final TestPublisher.Probe<ByteString> publisher;
    final TestSubscriber.Probe<ByteString> subscriber;
    final SessionControl control;
    final Deque<Frame> frames = new ArrayDeque<>();
    final List<Chunk> chunks = new ArrayList<>();
    final Map<Integer, ByteArrayOutputStream> partial = new HashMap<>();
    final Map<Integer, Long> taken = new HashMap<>();
    private final FrameDecoder decoder = new FrameDecoder(1 << 20);
    private Welcome welcome;
    long received;
    Batch lastBatch;

    Peer(SessionStage stage) {
      Pair<Pair<TestPublisher.Probe<ByteString>, SessionControl>, TestSubscriber.Probe<ByteString>>
          running =
              TestSource.<ByteString>create(system)
                  .viaMat(Flow.fromGraph(stage), Keep.both())
                  .toMat(TestSink.create(system), Keep.both())
                  .run(system);
      publisher = running.first().first();
      control = running.first().second();
      subscriber = running.second();
    }

    Welcome hello() {
      return hello(Hello.newBuilder());
    }

    Welcome hello(Hello.Builder hello) {
      send(Frame.newBuilder().setHello(hello.setProtocolVersion(1).setClientName("peer")).build());
      Frame frame = frame();
      assertThat(frame.hasWelcome()).as(frame.toString()).isTrue();
      welcome = frame.getWelcome();
      received = 0;
      for (Frame early : frames) {
        received += 4 + early.getSerializedSize();
      }
      return welcome;
    }

    void send(Frame frame) {
      publisher.sendNext(ByteString.fromArrayUnsafe(Frames.encode(frame)));
    }

    Frame frame() {
      while (frames.isEmpty()) {
        read(subscriber.requestNext(PATIENCE));
      }
      return frames.poll();
    }

    private void read(ByteString bytes) {
      bytes.getByteBuffers().forEach(buffer -> decoder.decode(buffer, frames::add));
      received += bytes.size();
    }

    Chunk chunk() {
      while (true) {
        Frame frame = frame();
        if (frame.hasChunk()) {
          chunks.add(frame.getChunk());
          return frame.getChunk();
        }
      }
    }

    /** The next whole batch of {@code feed}, everything received being acknowledged on the way. */
    Batch batch(int feed) {
      while (true) {
        Chunk chunk = chunk();
        ByteArrayOutputStream block =
            partial.computeIfAbsent(chunk.getFeed(), ignored -> new ByteArrayOutputStream());
        block.writeBytes(chunk.getPayload().toByteArray());
        if (chunk.getLast()) {
          partial.remove(chunk.getFeed());
          taken.put(chunk.getFeed(), chunk.getBatch());
          acknowledgeTaken();
          if (chunk.getFeed() == feed) {
            byte[] plain = Blocks.decode(block.toByteArray(), WireLimits.DEFAULT, id -> null);
            lastBatch = BatchCodec.decode(plain).batch();
            return lastBatch;
          }
        } else if (frames.isEmpty()) {
          acknowledgeTaken();
        }
      }
    }

    private void acknowledgeTaken() {
      var ack = Ack.newBuilder().setReceivedBytes(received);
      taken.forEach(
          (feed, number) -> ack.addFeeds(FeedAck.newBuilder().setFeed(feed).setTakenBatch(number)));
      send(Frame.newBuilder().setAck(ack).build());
    }

    /** Everything so far is received, taken and applied. */
    void acknowledge() {
      for (Chunk chunk : chunks) {
        if (chunk.getLast()) {
          taken.merge(chunk.getFeed(), chunk.getBatch(), Math::max);
        }
      }
      var ack = Ack.newBuilder().setReceivedBytes(received);
      taken.forEach(
          (feed, number) ->
              ack.addFeeds(
                  FeedAck.newBuilder()
                      .setFeed(feed)
                      .setTakenBatch(number)
                      .setAppliedBatch(number)));
      send(Frame.newBuilder().setAck(ack).build());
    }

    /** Takes what comes until nothing has come for a while, acknowledging nothing. */
    void readUntilQuiet() {
      subscriber.request(1_000);
      while (true) {
        List<ByteString> reads =
            CollectionConverters.asJava(
                subscriber.receiveWithin(FiniteDuration.create(200, TimeUnit.MILLISECONDS), 1));
        if (reads.isEmpty()) {
          break;
        }
        reads.forEach(this::read);
      }
      frames.stream().filter(Frame::hasChunk).map(Frame::getChunk).forEach(chunks::add);
      frames.stream()
          .filter(Frame::hasChunk)
          .map(Frame::getChunk)
          .forEach(
              chunk -> {
                ByteArrayOutputStream block =
                    partial.computeIfAbsent(
                        chunk.getFeed(), ignored -> new ByteArrayOutputStream());
                block.writeBytes(chunk.getPayload().toByteArray());
                if (chunk.getLast()) {
                  partial.remove(chunk.getFeed());
                }
              });
      frames.clear();
    }

    String feedName(int feed) {
      return welcome.getFeeds(feed - 1).getDatabase();
    }

    Refusal nextRefusal() {
      while (true) {
        Frame frame = frame();
        if (frame.hasRefusal()) {
          return frame.getRefusal();
        }
      }
    }

    void expectEnd() {
      subscriber.request(1);
      subscriber.expectComplete();
    }
  }
}
