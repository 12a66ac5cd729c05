package io.replicator.streams.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.Capabilities;
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
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscribed;
import io.replicator.protocol.v1.Subscription;
import io.replicator.protocol.v1.Unsubscribe;
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
import java.util.concurrent.CompletableFuture;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
              assertThat(status.state()).isEqualTo("live");
              LaneStatus lane = status.lanes().get(0);
              assertThat(lane.state()).isEqualTo("live");
              assertThat(lane.cursor()).isEqualTo(1);
              assertThat(lane.lagVersions()).isZero();
              assertThat(lane.records()).isEqualTo(1);
            });
  }

  @Test
  void shouldGiveEachSubscriptionAFeedOfItsOwn() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a:1", "1");
    store.database("0").set("b:1", "2");
    Peer peer = connect();
    Welcome welcome = peer.hello(subscribing());

    assertThat(welcome.getFeedsList()).isEmpty();
    assertThat(welcome.getCapabilitiesList()).contains(Capabilities.SUBSCRIBE);
    Subscribed first = peer.subscribe(1, "0", "a:*");
    assertThat(peer.batch(first.getFeed().getId()).records()).hasSize(1);
    Subscribed second = peer.subscribe(2, "0", "*");

    assertThat(first.getTag()).isEqualTo(1);
    assertThat(second.getFeed().getId()).isGreaterThan(first.getFeed().getId());
    assertThat(second.getFeed().getFingerprint()).isNotEqualTo(first.getFeed().getFingerprint());
    assertThat(peer.batch(second.getFeed().getId()).records()).hasSize(2);
    assertThat(peer.lastBatch.beginsLoad()).isTrue();
  }

  @Test
  void shouldGoOnFromACursorThatTheClientVouchesFor() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a:1", "1");
    store.database("0").set("a:2", "2");
    Peer peer = connect();
    peer.hello(subscribing());

    Subscribed subscribed =
        peer.subscribe(
            Subscribe.newBuilder()
                .setTag(1)
                .setDatabase("0")
                .addInclude(com.google.protobuf.ByteString.copyFromUtf8("a:*"))
                .setResume(
                    Resume.newBuilder()
                        .setCursor(WireMapping.toWire(new Cursor.At(LogDatabase.EPOCH, 1)))));

    assertThat(subscribed.getFeed().getResumedFrom().getVersion()).isEqualTo(1);
    assertThat(peer.batch(subscribed.getFeed().getId()).records())
        .extracting(record -> record.key().asUtf8())
        .containsExactly("a:2");
  }

  @Test
  void shouldLoadWhereTheCursorIsOneOfOtherKeys() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a:1", "1");
    Peer peer = connect();
    peer.hello(subscribing());
    Subscribed all = peer.subscribe(1, "0", "*");

    Subscribed some =
        peer.subscribe(
            Subscribe.newBuilder()
                .setTag(2)
                .setDatabase("0")
                .addInclude(com.google.protobuf.ByteString.copyFromUtf8("a:*"))
                .setResume(
                    Resume.newBuilder()
                        .setFingerprint(all.getFeed().getFingerprint())
                        .setCursor(WireMapping.toWire(new Cursor.At(LogDatabase.EPOCH, 1)))));

    assertThat(some.getFeed().hasResumedFrom()).isFalse();
    assertThat(some.getFeed().getResetReason()).contains("other keys");
  }

  @Test
  void shouldAnswerAWrongSubscriptionAndGoOn() {
    serve("5", QosLevel.HIGH);
    store.database("5").set("a", "1");
    Peer peer = connect();
    peer.hello(subscribing());

    Subscribed unknown = peer.subscribe(1, "7", "*");
    Subscribed tooLong = peer.subscribe(2, "5", "x".repeat(WireMapping.GLOB_BYTES_MAX + 1));
    Subscribed good = peer.subscribe(3, "5", "*");

    assertThat(unknown.hasFeed()).isFalse();
    assertThat(unknown.getRefusal().getReason()).isEqualTo(Refusal.Reason.UNKNOWN_DATABASE);
    assertThat(unknown.getRefusal().getDetail()).contains("'7'").contains("5");
    assertThat(tooLong.getRefusal().getReason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED);
    assertThat(good.getFeed().getId()).isEqualTo(1);
    assertThat(peer.batch(1).records()).hasSize(1);
  }

  @Test
  void shouldSendNothingMoreOfAFeedThatIsUnsubscribed() {
    serve("0", QosLevel.HIGH);
    serve("1", QosLevel.HIGH);
    Peer peer = connect();
    peer.hello(subscribing());
    int gone = peer.subscribe(1, "0", "*").getFeed().getId();
    int stays = peer.subscribe(2, "1", "*").getFeed().getId();
    store.database("0").set("a", "1");
    peer.batch(gone);

    peer.send(Frame.newBuilder().setUnsubscribe(Unsubscribe.newBuilder().setTag(1)).build());
    await().until(() -> store.database("0").listeners() == 0);
    // It crosses the end of the feed: no reason to end the session.
    peer.acknowledge();
    store.database("0").set("a", "2");
    store.database("1").set("b", "3");

    peer.batch(stays);
    assertThat(peer.lastChunk.getFeed()).isEqualTo(stays);
    assertThat(peer.chunks)
        .filteredOn(chunk -> chunk.getFeed() == gone)
        .extracting(Chunk::getBatch)
        .allMatch(batch -> batch <= peer.taken.get(gone));
    // The number is never used again.
    assertThat(peer.subscribe(3, "0", "*").getFeed().getId()).isGreaterThan(stays);
  }

  @Test
  void shouldShareBlocksBetweenSubscriptionsOfTheSameKeys() {
    serve("0", QosLevel.HIGH);
    store.database("0").set("quote:1", "1");
    Peer one = connect();
    one.hello(subscribing());
    one.batch(one.subscribe(1, "0", "quote:*").getFeed().getId());
    int pulls = store.database("0").pulls.get();

    Peer two = connect();
    two.hello(subscribing());
    two.subscribe(1, "0", "nothing:*");
    int feed = two.subscribe(9, "0", "quote:*").getFeed().getId();
    assertThat(two.batch(feed).records()).hasSize(1);

    // One more, for the keys that the first session has not asked for.
    assertThat(store.database("0").pulls.get()).isLessThanOrEqualTo(pulls + 1);
  }

  @Test
  void shouldRefuseSubscriptionsInAHelloThatSubscribesLater() {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();

    peer.send(
        Frame.newBuilder()
            .setHello(
                subscribing()
                    .setProtocolVersion(1)
                    .addSubscriptions(Subscription.getDefaultInstance()))
            .build());

    assertThat(peer.frame().getRefusal().getReason()).isEqualTo(Refusal.Reason.MALFORMED);
    peer.expectEnd();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldEndASessionThatBreaksTheRulesOfSubscribing(boolean capable) {
    serve("0", QosLevel.HIGH);
    Peer peer = connect();
    peer.hello(capable ? subscribing() : Hello.newBuilder());
    var subscribe = Subscribe.newBuilder().setTag(1).setDatabase("0");

    // Twice the same tag, or not having said that it would subscribe.
    peer.send(Frame.newBuilder().setSubscribe(subscribe).build());
    peer.send(Frame.newBuilder().setSubscribe(subscribe).build());

    assertThat(peer.nextRefusal().getReason()).isEqualTo(Refusal.Reason.MALFORMED);
    peer.expectEnd();
  }

  @Test
  void shouldTellHeadsByTheNumbersOfFeeds() {
    settings = heartbeats(Duration.ofMillis(500));
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer peer = connect();
    peer.hello(subscribing());
    peer.subscribe(1, "0", "none");
    peer.subscribe(2, "0", "none either");

    peer.send(Frame.newBuilder().setUnsubscribe(Unsubscribe.newBuilder().setTag(1)).build());

    await()
        .until(
            () -> {
              Frame frame = peer.frame();
              peer.acknowledge();
              return frame.getHeartbeat().getHeadsList().equals(List.of(0L, 1L));
            });
  }

  @Test
  void shouldTakeAnAcknowledgementThatIsHeldBackForNoStandstill() throws Exception {
    serve("0", QosLevel.HIGH);
    store.database("0").set("a", "1");
    Peer peer = connect();
    peer.hello(Hello.newBuilder().setAckDelayMaxMs(1_000));
    peer.chunk();
    long firstBytes = peer.received;
    long firstNs = System.nanoTime();

    // Each change arrives, well after what is a standstill for a client that acknowledges at once.
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              store.database("0").set("a", Long.toString(System.nanoTime()));
              peer.chunk();
              return System.nanoTime() - firstNs > 250_000_000;
            });
    long heldBackUs = (System.nanoTime() - firstNs) / 1_000;
    peer.send(
        Frame.newBuilder()
            .setAck(Ack.newBuilder().setReceivedBytes(firstBytes).setAckDelayUs(heldBackUs))
            .build());

    await()
        .untilAsserted(
            () -> {
              SessionStatus status =
                  peer.control.status().toCompletableFuture().get(5, TimeUnit.SECONDS);
              assertThat(status.rttMs()).isPositive().isLessThan(150);
            });
  }

  private static Hello.Builder subscribing() {
    return Hello.newBuilder().addCapabilities(Capabilities.SUBSCRIBE);
  }

  private static SessionSettings heartbeats(Duration interval) {
    SessionSettings d = SessionSettings.DEFAULT;
    return new SessionSettings(
        d.batchBytesMax(),
        d.chunkBytes(),
        d.creditBytes(),
        d.windowBytesMax(),
        d.lowLanesShare(),
        d.queueTarget(),
        d.compressionLevel(),
        d.sharedBlocksBytes(),
        interval,
        d.handshakeTimeout(),
        d.sessionsMax());
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
    var owner = new Admitting();
    return new Peer(new SessionStage("tcp", "test:1", offer, blocks, owner), owner);
  }

  /** Lets everybody in. */
  private static final class Admitting implements SessionOwner {
    final CompletableFuture<SessionControl> session = new CompletableFuture<>();
    final CompletableFuture<String> ended = new CompletableFuture<>();

    @Override
    public void arrived(SessionControl arrived) {
      arrived.admit(1);
      session.complete(arrived);
    }

    @Override
    public void established(SessionControl session, String clientName) {}

    @Override
    public void ended(SessionControl session, SessionStatus last, String reason) {
      ended.complete(reason);
    }
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
    Chunk lastChunk;

    Peer(SessionStage stage, Admitting owner) {
      Pair<TestPublisher.Probe<ByteString>, TestSubscriber.Probe<ByteString>> running =
          TestSource.<ByteString>create(system)
              .via(Flow.fromGraph(stage))
              .toMat(TestSink.create(system), Keep.both())
              .run(system);
      publisher = running.first();
      subscriber = running.second();
      control = owner.session.join();
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

    Subscribed subscribe(int tag, String database, String pattern) {
      return subscribe(
          Subscribe.newBuilder()
              .setTag(tag)
              .setDatabase(database)
              .addInclude(com.google.protobuf.ByteString.copyFromUtf8(pattern)));
    }

    Subscribed subscribe(Subscribe.Builder subscribe) {
      send(Frame.newBuilder().setSubscribe(subscribe).build());
      Deque<Frame> others = new ArrayDeque<>();
      while (true) {
        Frame frame = frame();
        if (frame.hasSubscribed()) {
          others.addAll(frames);
          frames.clear();
          frames.addAll(others);
          return frame.getSubscribed();
        }
        others.add(frame);
      }
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
          lastChunk = frame.getChunk();
          return lastChunk;
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
