package io.replicator.streams.receive;

import static io.replicator.streams.receive.HubScript.at;
import static io.replicator.streams.receive.HubScript.delta;
import static io.replicator.streams.receive.HubScript.feed;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.protocol.WireException;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Cursor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.testkit.TestPublisher;
import org.apache.pekko.stream.testkit.TestSubscriber;
import org.apache.pekko.stream.testkit.javadsl.TestSink;
import org.apache.pekko.stream.testkit.javadsl.TestSource;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReceiveStageTest {
  @RegisterExtension static final StreamSystem SYSTEM = new StreamSystem();

  private static final Duration A_MOMENT = Duration.ofMillis(100);

  private TestPublisher.Probe<ByteString> fromHub;
  private TestSubscriber.Probe<ByteString> toHub;
  private TestSubscriber.Probe<Received> received;
  private TestPublisher.Probe<Progress> progress;
  private ReceiveStage.Control control;

  @Test
  void shouldSayHelloFirst() {
    start(ReceiveSettings.DEFAULT);

    assertThat(nextFrame().getHello()).isEqualTo(HubScript.HELLO);
  }

  @Test
  void shouldEmitTheSessionAndThenWhatEachReadCompletes() {
    start(ReceiveSettings.DEFAULT);
    List<ByteString> first = HubScript.chunks(1, 1, HubScript.block(delta(5, 6, true, 3000)), 1024);
    received.request(10);
    fromHub.sendNext(welcome().concat(first.get(0)).compact());

    Session session = ((Received.Opened) next()).session();
    assertThat(session.feeds()).hasSize(2);
    assertThat(session.hub().hubId()).isEqualTo("hub");
    fromHub.sendNext(first.get(1));
    received.expectNoMessage(scala(A_MOMENT));
    fromHub.sendNext(
        HubScript.concat(
            List.of(
                first.get(2),
                HubScript.chunks(2, 1, delta(5, 6, true, 10)),
                HubScript.chunks(1, 2, delta(6, 7, true, 10)))));

    List<Received.Block> blocks = ((Received.Blocks) next()).blocks();
    assertThat(blocks).extracting(block -> block.feed).containsExactly(0, 1, 0);
    assertThat(blocks).extracting(block -> block.batch).containsExactly(1L, 1L, 2L);
    assertThat(blocks.get(0).bytes).isEqualTo(HubScript.block(delta(5, 6, true, 3000)));
    assertThat(session.feeds().get(0).tally().receivedBytes())
        .isEqualTo(
            HubScript.concat(first).size() + HubScript.chunks(1, 2, delta(6, 7, true, 10)).size());
  }

  @Test
  void shouldCollectBlocksWhileThereIsNoDemandAndNeverStopReading() {
    start(ReceiveSettings.DEFAULT);
    fromHub.sendNext(welcome());
    for (long batch = 1; batch <= 20; batch++) {
      fromHub.sendNext(HubScript.chunks(1, batch, delta(4 + batch, 5 + batch, true, 10)));
    }
    assertThat(lastAck(21).getReceivedBytes()).isPositive();

    received.request(2);
    assertThat(next()).isInstanceOf(Received.Opened.class);
    assertThat(((Received.Blocks) next()).blocks()).hasSize(20);
  }

  @Test
  void shouldAcknowledgeEveryByteAfterTheWelcome() {
    start(ReceiveSettings.DEFAULT);
    ByteString welcome = welcome();
    ByteString rest =
        HubScript.concat(
            List.of(HubScript.heartbeat(9L, 9L), HubScript.chunks(1, 1, delta(5, 6, true, 100))));
    nextFrame();
    ByteString all = welcome.concat(rest).compact();

    fromHub.sendNext(all.take(2).compact());
    fromHub.sendNext(all.drop(2).take(welcome.size() + 3).compact());
    assertThat(nextAck().getReceivedBytes()).isEqualTo(5);
    fromHub.sendNext(all.drop(welcome.size() + 5).compact());
    assertThat(nextAck().getReceivedBytes()).isEqualTo(rest.size());
  }

  @Test
  void shouldKeepOnlyTheNewestAckWhileTheLinkIsBusy() {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    nextFrame();
    fromHub.sendNext(welcome());
    next();
    for (long batch = 1; batch <= 3; batch++) {
      fromHub.sendNext(HubScript.chunks(1, batch, delta(4 + batch, 5 + batch, true, 10)));
      next();
      progress.sendNext(Progress.of(new long[] {batch, 0}, new long[] {batch - 1, 0}));
    }
    fromHub.expectNoMessage(scala(A_MOMENT));

    // The first may have been made before the last progress came, the one after it says it all.
    Ack ack = nextAck();
    assertThat(ack.getFeedsList()).hasSize(1);
    assertThat(ack.getFeeds(0).getFeed()).isEqualTo(1);
    assertThat(ack.getFeeds(0).getTakenBatch()).isEqualTo(3);
    assertThat(ack.getFeeds(0).getAppliedBatch()).isEqualTo(2);
    toHub.request(1);
    toHub.expectNoMessage(scala(A_MOMENT));
  }

  @Test
  void shouldTellOnlyFeedsThatAdvanced() {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    nextFrame();
    fromHub.sendNext(welcome());
    assertThat(nextAck().getFeedsList()).isEmpty();
    fromHub.sendNext(HubScript.chunks(2, 1, delta(5, 6, true, 10)));
    assertThat(nextAck().getFeedsList()).isEmpty();

    progress.sendNext(Progress.of(new long[] {0, 1}, new long[] {0, 1}));

    Ack ack = nextAck();
    assertThat(ack.getFeedsList()).hasSize(1);
    assertThat(ack.getFeeds(0).getFeed()).isEqualTo(2);
    assertThat(ack.getFeeds(0).getAppliedBatch()).isEqualTo(1);
  }

  @Test
  void shouldSendHeartbeatsWithAnAckAndTakeHeadsFromTheHub() {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    nextFrame();
    fromHub.sendNext(welcome(50));
    Session session = ((Received.Opened) next()).session();
    nextAck();

    toHub.request(1);
    List<Frame> frames = HubScript.frames(toHub.expectNext());

    assertThat(frames)
        .extracting(Frame::getMessageCase)
        .containsExactly(Frame.MessageCase.HEARTBEAT, Frame.MessageCase.ACK);
    assertThat(frames.get(0).getHeartbeat().getSentAtMs()).isPositive();
    fromHub.sendNext(HubScript.heartbeat(77L, 78L));
    toHub.request(1);
    toHub.expectNext();
    assertThat(session.feeds().get(1).tally().head()).isEqualTo(78);
  }

  @Test
  void shouldFailWhenTheHubFallsSilent() {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    toHub.request(100);
    fromHub.sendNext(welcome(50));
    next();

    assertThat(received.expectError())
        .isInstanceOf(LinkLostException.class)
        .hasMessage("nothing heard for 150 ms");
    fromHub.expectCancellation();
  }

  @Test
  void shouldTakeAFrameThatComesSlowlyForASignOfLife() {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    toHub.request(100);
    fromHub.sendNext(welcome(250));
    next();
    ByteString chunk = HubScript.chunks(1, 1, delta(5, 6, true, 10));

    // Longer than the hub may be silent, in pieces that are no frame.
    for (int at = 0; at < 12; at++) {
      fromHub.sendNext(chunk.slice(at, at + 1).compact());
      received.expectNoMessage(scala(A_MOMENT));
    }
    fromHub.sendNext(chunk.drop(12).compact());

    assertThat(((Received.Blocks) next()).blocks()).hasSize(1);
  }

  @Test
  void shouldFailWhenTheHandshakeIsNotAnswered() {
    start(ReceiveSettings.DEFAULT.withHandshakeTimeout(Duration.ofMillis(50)));
    received.request(1);
    assertThat(nextFrame().hasHello()).isTrue();

    assertThat(received.expectError())
        .isInstanceOf(LinkLostException.class)
        .hasMessageContaining("handshake within 50 ms");
    assertThat(nextFrame().getGoodbye().getReason()).isEqualTo("no Welcome within 50 ms");
  }

  @Test
  void shouldFailWithTheReasonOfARefusal() {
    start(ReceiveSettings.DEFAULT);
    received.request(1);
    fromHub.sendNext(
        HubScript.bytes(
            Frame.newBuilder()
                .setRefusal(
                    Refusal.newBuilder()
                        .setReason(Refusal.Reason.UNKNOWN_DATABASE)
                        .setDetail("no database 9"))));

    assertThat(received.expectError())
        .isInstanceOfSatisfying(
            HubRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.UNKNOWN_DATABASE))
        .hasMessageContaining("no database 9");
    fromHub.expectCancellation();
  }

  @Test
  void shouldSayGoodbyeToAHubThatBreaksTheProtocol() {
    assertRejected(
        ByteString.fromArray("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
        Refusal.Reason.LIMIT_EXCEEDED,
        "frame of 1213486160 bytes");
    assertRejected(
        welcome().concat(welcome()), Refusal.Reason.MALFORMED, "WELCOME within a session");
    assertRejected(
        HubScript.heartbeat(), Refusal.Reason.MALFORMED, "HEARTBEAT instead of the answer");
    assertRejected(
        welcome().concat(HubScript.chunks(7, 1, delta(5, 6, true, 1))),
        Refusal.Reason.MALFORMED,
        "feed 7, unknown");
    assertRejected(
        welcome().concat(HubScript.chunks(1, 2, delta(5, 6, true, 1))),
        Refusal.Reason.MALFORMED,
        "batch 2 after batch 0");
    assertRejected(
        HubScript.frame(HubScript.welcome().setProtocolVersion(99)),
        Refusal.Reason.UNSUPPORTED_VERSION,
        "protocol version 99");
    assertRejected(
        HubScript.frame(HubScript.welcome().setCreditBytes(1 << 30)),
        Refusal.Reason.LIMIT_EXCEEDED,
        "credit of 1073741824 bytes");
    assertRejected(
        HubScript.frame(
            HubScript.welcome(
                HubScript.resumed(feed(1, "0"), at(1), 1),
                HubScript.resumed(feed(1, "1"), at(1), 1))),
        Refusal.Reason.MALFORMED,
        "feed id 1 is over");
  }

  @Test
  void shouldRejectBlocksLargerThanTheLargestBatchAnnounced() {
    Welcome.Builder welcome =
        HubScript.welcome(HubScript.resumed(feed(1, "0"), at(5), 5)).setBatchBytesMax(1000);

    assertRejected(
        HubScript.frame(welcome).concat(HubScript.chunks(1, 1, delta(5, 6, true, 5000))),
        Refusal.Reason.LIMIT_EXCEEDED,
        "at most 1064 are allowed");
  }

  @Test
  void shouldRejectAHubThatIgnoresItsCredit() {
    Welcome.Builder welcome =
        HubScript.welcome(HubScript.resumed(feed(1, "0"), at(5), 5)).setCreditBytes(1000);

    assertRejected(
        HubScript.concat(
            List.of(
                HubScript.frame(welcome),
                HubScript.chunks(1, 1, delta(5, 6, true, 1500)),
                HubScript.chunks(1, 2, delta(6, 7, true, 1500)),
                HubScript.chunks(1, 3, delta(7, 8, true, 1500)))),
        Refusal.Reason.LIMIT_EXCEEDED,
        "ignored its credit");
  }

  @Test
  void shouldHandOverDictionariesBeforeTheBlocksThatNeedThem() {
    start(ReceiveSettings.DEFAULT);
    received.request(2);
    try (var dictionary = new ZstdDictionary(5, new byte[100], 3)) {
      fromHub.sendNext(welcome().concat(HubScript.dictionary(dictionary)).compact());
    }

    Dictionaries dictionaries = ((Received.Opened) next()).dictionaries();

    assertThat(dictionaries.get(5).content()).hasSize(100);
    assertThat(dictionaries.get(6)).isNull();
    fromHub.sendError(new IllegalStateException("reset"));
    received.expectError();
  }

  @Test
  void shouldRejectADictionarySentTwice() {
    try (var dictionary = new ZstdDictionary(5, new byte[100], 3)) {
      assertRejected(
          HubScript.concat(
              List.of(
                  welcome(), HubScript.dictionary(dictionary), HubScript.dictionary(dictionary))),
          Refusal.Reason.MALFORMED,
          "dictionary id 5");
    }
  }

  @Test
  void shouldSayGoodbyeAndCompleteWhenStopped() {
    start(ReceiveSettings.DEFAULT);
    received.request(2);
    nextFrame();
    fromHub.sendNext(welcome());
    next();
    nextAck();

    control.stop("enough");

    received.expectComplete();
    assertThat(nextFrame().getGoodbye().getReason()).isEqualTo("enough");
    toHub.expectComplete();
    fromHub.expectCancellation();
  }

  @Test
  void shouldNotWaitForALinkThatTakesNoGoodbye() {
    start(ReceiveSettings.DEFAULT);
    received.request(2);
    fromHub.sendNext(welcome());
    next();

    control.stop("enough");

    received.expectComplete();
    fromHub.expectCancellation();
  }

  @Test
  void shouldTellTheHubWhyProgressFailed() {
    start(ReceiveSettings.DEFAULT);
    nextFrame();
    fromHub.sendNext(welcome());
    nextAck();

    progress.sendError(new IllegalStateException("disk full"));

    assertThat(nextFrame().getGoodbye().getReason()).isEqualTo("client: disk full");
    toHub.expectComplete();
    fromHub.expectCancellation();
  }

  @Test
  void shouldFailWhenTheHubSaysGoodbyeOrTheLinkEnds() {
    start(ReceiveSettings.DEFAULT);
    received.request(2);
    fromHub.sendNext(welcome());
    next();
    fromHub.sendNext(HubScript.goodbye("shutting down"));
    assertThat(received.expectError()).hasMessageContaining("shutting down");

    start(ReceiveSettings.DEFAULT);
    received.request(2);
    fromHub.sendComplete();
    assertThat(received.expectError())
        .isInstanceOf(LinkLostException.class)
        .hasMessageContaining("during the handshake");
  }

  private void assertRejected(ByteString bytes, Refusal.Reason reason, String detail) {
    start(ReceiveSettings.DEFAULT);
    received.request(10);
    toHub.request(10);
    fromHub.sendNext(bytes.compact());
    Throwable failure = null;
    while (failure == null) {
      Object event = received.expectNextOrError();
      failure = event instanceof scala.util.Left<?, ?> left ? (Throwable) left.value() : null;
    }
    assertThat(failure)
        .isInstanceOfSatisfying(WireException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(detail);
    Frame last = HubScript.lastFrame(toHub.expectNext());
    while (!last.hasGoodbye()) {
      last = HubScript.lastFrame(toHub.expectNext());
    }
    assertThat(last.getGoodbye().getReason()).contains(detail);
    toHub.expectComplete();
    fromHub.expectCancellation();
  }

  private static ByteString welcome() {
    return welcome(60_000);
  }

  private static ByteString welcome(int heartbeatMs) {
    return HubScript.frame(
        HubScript.welcome(
                HubScript.resumed(feed(1, "0"), at(5), 5),
                HubScript.resumed(feed(2, "1"), Cursor.NOTHING, 9))
            .setHeartbeatIntervalMs(heartbeatMs));
  }

  private Received next() {
    return received.expectNext();
  }

  private Frame nextFrame() {
    toHub.request(1);
    return HubScript.lastFrame(toHub.expectNext());
  }

  private Ack nextAck() {
    return nextFrame().getAck();
  }

  /** The ack that comes when reads have been acknowledged; how many it took depends on timing. */
  private Ack lastAck(int readsAtMost) {
    toHub.request(readsAtMost + 1L);
    toHub.expectNext();
    Ack ack = Ack.getDefaultInstance();
    while (true) {
      try {
        ack = HubScript.lastFrame(toHub.expectNext(scala(A_MOMENT))).getAck();
      } catch (AssertionError nothingMore) {
        return ack;
      }
    }
  }

  private static scala.concurrent.duration.FiniteDuration scala(Duration duration) {
    return scala.concurrent.duration.Duration.fromNanos(duration.toNanos());
  }

  private void start(ReceiveSettings settings) {
    BidiFlow<ByteString, Received, Progress, ByteString, ReceiveStage.Control> stage =
        BidiFlow.fromGraph(new ReceiveStage(HubScript.HELLO, settings, InstantSource.system()));
    Flow<Received, Progress, Pair<TestSubscriber.Probe<Received>, TestPublisher.Probe<Progress>>>
        apply =
            Flow.fromSinkAndSourceMat(
                TestSink.<Received>create(SYSTEM.get()),
                TestSource.<Progress>create(SYSTEM.get()),
                Keep.both());
    var handles =
        TestSource.<ByteString>create(SYSTEM.get())
            .viaMat(stage.join(apply, Pair::create), Keep.both())
            .toMat(TestSink.<ByteString>create(SYSTEM.get()), Keep.both())
            .run(SYSTEM.get());
    fromHub = handles.first().first();
    control = handles.first().second().first();
    received = handles.first().second().second().first();
    progress = handles.first().second().second().second();
    toHub = handles.second();
    fromHub.ensureSubscription();
    received.ensureSubscription();
    toHub.ensureSubscription();
  }
}
