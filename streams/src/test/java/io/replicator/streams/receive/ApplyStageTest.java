package io.replicator.streams.receive;

import static io.replicator.streams.receive.HubScript.at;
import static io.replicator.streams.receive.HubScript.batch;
import static io.replicator.streams.receive.HubScript.delta;
import static io.replicator.streams.receive.HubScript.feed;
import static io.replicator.streams.receive.HubScript.loading;
import static io.replicator.streams.receive.HubScript.resumed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.replicator.protocol.WireException;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.GroupRule;
import io.replicator.streams.SinkRefusedException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.testkit.TestPublisher;
import org.apache.pekko.stream.testkit.TestSubscriber;
import org.apache.pekko.stream.testkit.javadsl.TestSink;
import org.apache.pekko.stream.testkit.javadsl.TestSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ApplyStageTest {
  @RegisterExtension static final StreamSystem SYSTEM = new StreamSystem();

  private static final Duration A_MOMENT = Duration.ofMillis(100);
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(1_250));

  private final HeldSink sink = new HeldSink();
  private TestPublisher.Probe<Received> received;
  private TestSubscriber.Probe<Progress> progress;
  private ApplyStage.Outcome outcome;
  private Session session;
  private final long[] sent = new long[4];

  @Test
  void shouldEmitWhenABatchIsTakenAndWhenItIsApplied() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));

    send(0, delta(5, 9, true, 10));

    HeldSink.Call call = sink.nextCall();
    assertProgress(0, 1, 0);
    call.succeed();
    assertProgress(0, 1, 1);
    outcome.caughtUp().toCompletableFuture().get(5, TimeUnit.SECONDS);
    FeedTally tally = tally(0);
    assertThat(tally.version()).isEqualTo(9);
    assertThat(tally.records()).isEqualTo(1);
    assertThat(tally.lagMs()).isEqualTo(250);
    assertThat(tally.plainBytes()).isPositive();
    assertThat(tally.state()).isEqualTo(GroupRule.State.LIVE);
  }

  @Test
  void shouldApplyAGroupInOneCallWhenItFitsTheLimit() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), Cursor.NOTHING, 9));

    send(0, batch(Cursor.NOTHING, loading(7, "a"), false, 7, 10));
    send(0, batch(loading(7, "a"), at(7), false, 7, 10));
    sink.expectNoCall(A_MOMENT);
    assertThat(tally(0).state()).isEqualTo(GroupRule.State.LOADING);
    send(0, delta(7, 9, true, 10));

    HeldSink.Call call = sink.nextCall();
    assertThat(call.batches()).hasSize(3);
    call.succeed();
    assertProgress(0, 3, 3);
    assertThat(tally(0).keysLoaded()).isEqualTo(2);
  }

  @Test
  void shouldApplyBatchByBatchBeyondTheLimitAndSayThatItCatchesUp() throws Exception {
    open(
        ReceiveSettings.DEFAULT.withGroupBytesMax(2_000).withBundleBytesMax(1),
        resumed(feed(1, "0"), at(5), 9));

    send(0, delta(5, 6, false, 1_500), delta(6, 7, false, 1_500));
    HeldSink.Call first = sink.nextCall();
    assertThat(first.batches()).hasSize(2);
    first.succeed();
    await().until(() -> tally(0).state() == GroupRule.State.CATCHING_UP);
    send(0, delta(7, 8, false, 1_500));
    HeldSink.Call second = sink.nextCall();
    assertThat(second.batches()).hasSize(1);
    assertThat(outcome.caughtUp().toCompletableFuture()).isNotDone();
    second.succeed();
    send(0, delta(8, 9, true, 1_500));
    sink.nextCall().succeed();

    await().until(() -> tally(0).state() == GroupRule.State.LIVE);
    outcome.caughtUp().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  @Test
  void shouldNotWaitForTheFrontierOfALoadThatWasAppliedInPart() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), loading(7, "a"), 7));

    send(0, batch(loading(7, "a"), loading(7, "b"), false, 7, 10));

    assertThat(sink.nextCall().batches()).hasSize(1);
  }

  @Test
  void shouldBundleWhatWaitsForTheSinkUpToTheLimit() throws Exception {
    open(ReceiveSettings.DEFAULT.withBundleBytesMax(2_500), resumed(feed(1, "0"), at(0), 0));
    send(0, delta(0, 1, true, 1_000));
    HeldSink.Call first = sink.nextCall();
    send(0, delta(1, 2, true, 1_000), delta(2, 3, true, 1_000), delta(3, 4, true, 1_000));
    // The third of them exceeds the limit of what may wait, so it was the last to be taken.
    assertProgress(0, 4, 0);
    send(0, delta(4, 5, true, 1_000));
    progress.request(1);
    progress.expectNoMessage(finite(A_MOMENT));

    first.succeed();

    HeldSink.Call second = sink.nextCall();
    assertThat(second.batches()).extracting(Batch::to).containsExactly(at(2), at(3));
    second.succeed();
    HeldSink.Call third = sink.nextCall();
    assertThat(third.batches()).extracting(Batch::from).startsWith(at(3));
    third.succeed();
    await()
        .untilAsserted(
            () -> {
              assertThat(tally(0).version()).isGreaterThanOrEqualTo(4);
            });
  }

  @Test
  void shouldApplyNothingTogetherWithALoadThatBeginsBehindIt() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(0), 0));
    send(0, delta(0, 1, true, 10));
    HeldSink.Call first = sink.nextCall();
    send(0, delta(1, 2, true, 10), batch(Cursor.NOTHING, at(5), true, 5, 10));
    assertProgress(0, 3, 0);

    first.succeed();

    HeldSink.Call second = sink.nextCall();
    assertThat(second.batches()).extracting(Batch::to).containsExactly(at(2));
    second.succeed();
    HeldSink.Call third = sink.nextCall();
    assertThat(third.batches()).extracting(Batch::beginsLoad).containsExactly(true);
    third.succeed();
    assertProgress(0, 3, 3);
  }

  @Test
  void shouldKeepAsManyCallsUnderWayAsTheSinkTakes() throws Exception {
    sink.appliesMax = 2;
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(0), 0));
    send(0, delta(0, 1, true, 10));
    HeldSink.Call first = sink.nextCall();
    send(0, delta(1, 2, true, 10));
    HeldSink.Call second = sink.nextCall();
    send(0, delta(2, 3, true, 10));
    sink.expectNoCall(A_MOMENT);
    assertProgress(0, 3, 0);

    first.succeed();
    HeldSink.Call third = sink.nextCall();
    assertThat(third.batches()).extracting(Batch::from).containsExactly(at(2));
    assertProgress(0, 3, 1);
    second.succeed();
    assertProgress(0, 3, 2);
    third.succeed();
    assertProgress(0, 3, 3);
  }

  @Test
  void shouldWaitForEveryCallBeforeItEndsWithTheFailureOfOne() throws Exception {
    sink.appliesMax = 2;
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(0), 0));
    send(0, delta(0, 1, true, 10));
    HeldSink.Call first = sink.nextCall();
    send(0, delta(1, 2, true, 10));
    HeldSink.Call second = sink.nextCall();

    first.fail("full");
    progress.expectError();
    assertThat(outcome.done().toCompletableFuture()).isNotDone();
    second.fail("behind it");

    assertThat(outcome.done())
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .withMessageContaining("full");
  }

  @Test
  void shouldKeepFeedsIndependent() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9), resumed(feed(2, "1"), at(5), 9));

    send(0, delta(5, 9, true, 100_000));
    HeldSink.Call held = sink.nextCall();
    send(1, delta(5, 9, true, 10));
    HeldSink.Call other = sink.nextCall();
    other.succeed();

    assertProgress(1, 1, 1);
    assertThat(held.feed().id()).isEqualTo(1);
    assertThat(outcome.caughtUp().toCompletableFuture()).isNotDone();
    held.succeed();
    outcome.caughtUp().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  @Test
  void shouldApplyInOrderWhateverDecodingTakes() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(0), 200));
    var batches = new ArrayList<Batch>();
    for (long version = 0; version < 200; version++) {
      batches.add(delta(version, version + 1, true, version % 3 == 0 ? 20_000 : 10));
    }
    send(0, batches.toArray(Batch[]::new));

    var versions = new ArrayList<Cursor>();
    while (versions.size() < 200) {
      HeldSink.Call call = sink.nextCall();
      call.batches().forEach(batch -> versions.add(batch.to()));
      call.succeed();
    }

    for (int i = 0; i < 200; i++) {
      assertThat(versions.get(i)).isEqualTo(at(i + 1));
    }
  }

  @Test
  void shouldFailWhenABatchDoesNotFollow() {
    assertRejected("begins at At[", delta(6, 7, true, 10));
    assertRejected("leads", delta(5, 4, true, 10));
    assertRejected("leads", batch(at(5), loading(7, "a"), false, 7, 10));
    assertRejected(
        "epoch 0000000000000001",
        batch(Cursor.NOTHING, new Cursor.At(new Epoch(1), 6), true, 6, 10));
  }

  @Test
  void shouldFollowAHubThatBeginsALoadAnew() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));

    send(0, batch(Cursor.NOTHING, at(9), true, 9, 10));

    sink.nextCall().succeed();
    assertProgress(0, 1, 1);
  }

  @Test
  void shouldFailOnADamagedBlock() {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    byte[] damaged = HubScript.block(delta(5, 6, true, 10_000));
    damaged[damaged.length - 1] ^= 1;

    received.sendNext(new Received.Blocks(List.of(new Received.Block(0, 1, damaged))));

    assertThat(progressFailure()).isInstanceOf(WireException.class);
    received.expectCancellation();
    assertDone(WireException.class);
  }

  @Test
  void shouldWaitForTheSinkToOpen() throws Exception {
    sink.opening = new CompletableFuture<>();
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    send(0, delta(5, 9, true, 10));
    sink.expectNoCall(A_MOMENT);
    assertThat(outcome.opened().toCompletableFuture()).isNotDone();

    sink.opening.complete(Done.getInstance());

    assertThat(sink.nextCall().batches()).hasSize(1);
    assertThat(outcome.opened().toCompletableFuture()).isCompletedWithValue(session);
  }

  @Test
  void shouldBeCaughtUpAtOnceWhereNothingIsMissing() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(9), 9));

    outcome.caughtUp().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  @Test
  void shouldFailWithTheReasonOfASinkThatRefuses() {
    sink.opening = CompletableFuture.failedFuture(new SinkRefusedException("target is source"));
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));

    assertThat(progressFailure())
        .isInstanceOf(SinkFailedException.class)
        .hasCauseInstanceOf(SinkRefusedException.class);
    assertDone(SinkFailedException.class);
  }

  @Test
  void shouldEndOnlyWhenNoApplyIsUnderWayAfterAnotherFailed() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9), resumed(feed(2, "1"), at(5), 9));
    send(0, delta(5, 9, true, 10));
    HeldSink.Call failing = sink.nextCall();
    send(1, delta(5, 9, true, 10));
    HeldSink.Call other = sink.nextCall();

    failing.fail("disk full");

    assertThat(progressFailure()).hasMessage("apply to 0 failed: disk full");
    received.expectCancellation();
    assertNotDone();
    other.succeed();
    assertDone(SinkFailedException.class);
  }

  @Test
  void shouldApplyWhatWasReceivedBeforeTheLinkBroke() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    send(0, delta(5, 6, true, 10));
    HeldSink.Call first = sink.nextCall();
    send(0, delta(6, 7, true, 50_000), delta(7, 8, true, 10));

    received.sendError(new LinkLostException("reset"));
    first.succeed();

    long batches = 0;
    while (batches < 2) {
      HeldSink.Call call = sink.nextCall();
      batches += call.batches().size();
      assertNotDone();
      call.succeed();
    }
    assertDone(LinkLostException.class);
    assertThat(tally(0).version()).isEqualTo(8);
  }

  @Test
  void shouldEndWithTheApplyUnderWayWhenStopped() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    send(0, delta(5, 6, true, 10));
    HeldSink.Call call = sink.nextCall();
    send(0, delta(6, 7, true, 10));

    outcome.stop();

    received.expectCancellation();
    assertNotDone();
    call.succeed();
    outcome.done().toCompletableFuture().get(5, TimeUnit.SECONDS);
    sink.expectNoCall(A_MOMENT);
  }

  @Test
  void shouldCompleteWhenUpstreamCompletes() throws Exception {
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    outcome.opened().toCompletableFuture().get(5, TimeUnit.SECONDS);

    received.sendComplete();

    outcome.done().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  private void assertRejected(String detail, Batch batch) {
    Arrays.fill(sent, 0);
    open(ReceiveSettings.DEFAULT, resumed(feed(1, "0"), at(5), 9));
    send(0, batch);
    assertThat(progressFailure()).isInstanceOf(WireException.class).hasMessageContaining(detail);
    assertDone(WireException.class);
  }

  private Throwable progressFailure() {
    progress.request(10);
    while (true) {
      Object event = progress.expectNextOrError();
      if (event instanceof scala.util.Left<?, ?> left) {
        return (Throwable) left.value();
      }
    }
  }

  private void assertDone(Class<? extends Throwable> failure) {
    assertThatThrownBy(() -> outcome.done().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(failure);
  }

  private void assertNotDone() {
    assertThatThrownBy(
            () ->
                outcome
                    .done()
                    .toCompletableFuture()
                    .get(A_MOMENT.toMillis(), TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  /** How many elements it takes to say so depends on timing; the newest decides. */
  private void assertProgress(int feed, long taken, long applied) {
    Progress newest;
    do {
      progress.request(1);
      newest = progress.expectNext();
      assertThat(newest.taken(feed)).isLessThanOrEqualTo(taken);
      assertThat(newest.applied(feed)).isLessThanOrEqualTo(applied);
    } while (newest.taken(feed) < taken || newest.applied(feed) < applied);
  }

  private FeedTally tally(int feed) {
    return session.feeds().get(feed).tally();
  }

  private static scala.concurrent.duration.FiniteDuration finite(Duration duration) {
    return scala.concurrent.duration.Duration.fromNanos(duration.toNanos());
  }

  private void send(int feed, Batch... batches) {
    var blocks = new ArrayList<Received.Block>();
    for (Batch batch : batches) {
      blocks.add(new Received.Block(feed, ++sent[feed], HubScript.block(batch)));
    }
    received.sendNext(new Received.Blocks(blocks));
  }

  private void open(ReceiveSettings settings, io.replicator.protocol.v1.Feed... feeds) {
    var handles =
        TestSource.<Received>create(SYSTEM.get())
            .viaMat(
                Flow.<Received, Progress, ApplyStage.Outcome>fromGraph(
                    new ApplyStage(sink, settings, CLOCK)),
                Keep.both())
            .toMat(TestSink.<Progress>create(SYSTEM.get()), Keep.both())
            .run(SYSTEM.get());
    received = handles.first().first();
    outcome = handles.first().second();
    progress = handles.second();
    progress.ensureSubscription();
    session = Session.of(HubScript.welcome(feeds).build(), settings);
    received.sendNext(new Received.Opened(session, new Dictionaries()));
  }
}
