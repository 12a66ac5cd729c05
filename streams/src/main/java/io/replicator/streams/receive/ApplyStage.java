package io.replicator.streams.receive;

import io.replicator.protocol.Blocks;
import io.replicator.replication.Batch;
import io.replicator.streams.BatchCodec;
import io.replicator.streams.BatchSink;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.AbruptStageTerminationException;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Opens the sink, decodes blocks and applies their batches: in order within a feed, as many calls
 * at a time as the sink takes, feeds beside each other. While one group is applied the next ones
 * are decoded, off the stage's thread where that pays.
 *
 * <p><b>Emits</b> progress whenever a batch was taken or applied; while there is no demand only the
 * newest waits.
 *
 * <p><b>Backpressures</b> never: blocks wait here untaken, bounded by the credit that the receiving
 * stage enforces.
 *
 * <p><b>Completes</b> its outcome when upstream completes, and <b>fails</b> it when upstream, the
 * sink or a block fails; in every case once the applies under way have ended, so that the sink's
 * cursors can be read after it. When upstream fails, what had been received is applied first: it
 * crossed the link already.
 */
final class ApplyStage
    extends AbstractGraphStageWithMaterializedValue<
        FlowShape<Received, Progress>, ApplyStage.Outcome> {
  private final Inlet<Received> in = Inlet.create("Apply.in");
  private final Outlet<Progress> out = Outlet.create("Apply.out");
  private final FlowShape<Received, Progress> shape = FlowShape.of(in, out);

  private final BatchSink sink;
  private final ReceiveSettings settings;
  private final InstantSource clock;

  /** What becomes of a session. */
  interface Outcome {
    /** The sink is open; never completes where it does not come to that. */
    CompletionStage<Session> opened();

    /** Every feed has been at a frontier that includes its head of the session's start. */
    CompletionStage<Done> caughtUp();

    /** The session has ended and no apply is under way. */
    CompletionStage<Done> done();

    /** Applies nothing more than what is under way. Any thread. */
    void stop();
  }

  ApplyStage(BatchSink sink, ReceiveSettings settings, InstantSource clock) {
    this.sink = sink;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public FlowShape<Received, Progress> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, Outcome> createLogicAndMaterializedValuePair(Attributes attributes) {
    var logic = new Logic();
    return Pair.create(logic, logic);
  }

  private final class Logic extends GraphStageLogic implements Outcome {
    private final CompletableFuture<Session> openedPromise = new CompletableFuture<>();
    private final CompletableFuture<Done> caughtUpPromise = new CompletableFuture<>();
    private final CompletableFuture<Done> donePromise = new CompletableFuture<>();
    private final AsyncCallback<Runnable> onStage = createAsyncCallback(Runnable::run);

    private Session session;
    private Dictionaries dictionaries;
    private FeedApplier[] feeds = {};
    private boolean open;
    private boolean draining;
    private boolean ended;

    /** Why the session ended; null where it was asked to. */
    private Throwable failure;

    /** Calls of the sink under way. */
    private int sinkCalls;

    private boolean progressDue;

    Logic() {
      super(shape);
      setHandler(in, new ReceivedHandler());
      setHandler(out, new ProgressHandler());
    }

    @Override
    public void preStart() {
      pull(in);
    }

    @Override
    public void postStop() {
      // A no-op after every end but that of the whole system.
      donePromise.completeExceptionally(new AbruptStageTerminationException(this));
    }

    // ---- Session

    private void onReceived(Received received) {
      if (received instanceof Received.Opened opening) {
        onSession(opening);
      } else {
        onBlocks(((Received.Blocks) received).blocks());
      }
    }

    private void onSession(Received.Opened opening) {
      session = opening.session();
      dictionaries = opening.dictionaries();
      feeds = new FeedApplier[session.feeds().size()];
      for (int i = 0; i < feeds.length; i++) {
        feeds[i] = new FeedApplier(session.feeds().get(i), session.hub().epoch(), settings, sink);
      }
      callSink(
          () -> sink.open(session.hub(), session.feeds().stream().map(f -> f.feed()).toList()),
          "open",
          done -> onOpen());
    }

    private void onOpen() {
      open = true;
      openedPromise.complete(session);
      for (FeedApplier feed : feeds) {
        advance(feed);
      }
      afterStep();
    }

    private void onBlocks(List<Received.Block> blocks) {
      for (Received.Block block : blocks) {
        feeds[block.feed].received(block);
      }
      if (open) {
        // Once for each block is once too often at worst: a feed that cannot advance says so at
        // once.
        for (Received.Block block : blocks) {
          advance(feeds[block.feed]);
        }
        afterStep();
      }
    }

    // ---- Feeds

    private void advance(FeedApplier feed) {
      while (!ended) {
        apply(feed);
        Received.Block block = feed.takeBlock();
        if (block == null) {
          return;
        }
        progressDue = true;
        if (block.bytes.length > settings.inlineBlockBytesMax() || !feed.queueIsEmpty()) {
          decodeAside(feed, block);
          return;
        }
        try {
          feed.decoded(decode(block));
        } catch (RuntimeException e) {
          end(e);
        }
      }
    }

    private FeedApplier.DecodedBlock decode(Received.Block block) {
      byte[] plain = Blocks.decode(block.bytes, session.limits(), dictionaries::get);
      return new FeedApplier.DecodedBlock(BatchCodec.decode(plain), plain.length);
    }

    private void decodeAside(FeedApplier feed, Received.Block block) {
      CompletionStage<FeedApplier.DecodedBlock> decoding =
          CompletableFuture.supplyAsync(() -> decode(block), materializer().executionContext());
      decoding.whenComplete((decoded, e) -> onStage.invoke(() -> onDecoded(feed, decoded, e)));
    }

    private void onDecoded(FeedApplier feed, FeedApplier.DecodedBlock decoded, Throwable e) {
      if (ended) {
        return;
      }
      if (e != null) {
        end(causeOf(e));
        return;
      }
      try {
        feed.decoded(decoded);
      } catch (RuntimeException unexpected) {
        end(unexpected);
        return;
      }
      advance(feed);
      afterStep();
    }

    private void apply(FeedApplier feed) {
      List<Batch> batches = feed.takeDue();
      if (!batches.isEmpty()) {
        callSink(
            () -> sink.apply(feed.feed().feed(), batches),
            "apply to " + feed.feed().feed().database(),
            applied -> onApplied(feed, applied));
      }
    }

    private void onApplied(FeedApplier feed, BatchSink.Applied applied) {
      feed.applied(applied, clock.millis());
      progressDue = true;
      advance(feed);
      afterStep();
    }

    // ---- Sink

    private interface SinkCall<T> {
      CompletionStage<T> run();
    }

    private interface OnResult<T> {
      void accept(T result);
    }

    private <T> void callSink(SinkCall<T> call, String what, OnResult<T> onResult) {
      sinkCalls++;
      CompletionStage<T> result;
      try {
        result = call.run();
      } catch (RuntimeException e) {
        result = CompletableFuture.failedFuture(e);
      }
      result.whenComplete((value, e) -> onStage.invoke(() -> onSink(what, value, e, onResult)));
    }

    private <T> void onSink(String what, T value, Throwable e, OnResult<T> onResult) {
      sinkCalls--;
      if (e != null) {
        Throwable cause = causeOf(e);
        end(new SinkFailedException(what + " failed: " + cause.getMessage(), cause));
      } else if (ended) {
        completeIfDone();
      } else {
        onResult.accept(value);
      }
    }

    private static Throwable causeOf(Throwable e) {
      return e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    }

    // ---- Progress

    private void afterStep() {
      if (ended) {
        return;
      }
      pushProgress();
      if (open && !caughtUpPromise.isDone() && all(FeedApplier::caughtUp)) {
        caughtUpPromise.complete(Done.getInstance());
      }
      if (draining && all(FeedApplier::idle)) {
        end(failure);
      }
    }

    private boolean all(Predicate<FeedApplier> test) {
      for (FeedApplier feed : feeds) {
        if (!test.test(feed)) {
          return false;
        }
      }
      return true;
    }

    private void pushProgress() {
      if (progressDue && !isClosed(out) && isAvailable(out)) {
        progressDue = false;
        var taken = new long[feeds.length];
        var applied = new long[feeds.length];
        for (int i = 0; i < feeds.length; i++) {
          taken[i] = feeds[i].taken();
          applied[i] = feeds[i].applied();
        }
        push(out, Progress.of(taken, applied));
      }
    }

    // ---- The end

    @Override
    public CompletionStage<Session> opened() {
      return openedPromise;
    }

    @Override
    public CompletionStage<Done> caughtUp() {
      return caughtUpPromise;
    }

    @Override
    public CompletionStage<Done> done() {
      return donePromise;
    }

    @Override
    public void stop() {
      onStage.invoke(() -> end(failure));
    }

    private void drain(Throwable why) {
      failure = why;
      if (open && !all(FeedApplier::idle)) {
        draining = true;
        setKeepGoing(true);
      } else {
        end(why);
      }
    }

    private void end(Throwable why) {
      if (!ended) {
        ended = true;
        failure = why;
        setKeepGoing(true);
        if (why == null) {
          complete(out);
          cancel(in);
        } else {
          // Which of the two arrives first is open: both tell why.
          fail(out, why);
          cancel(in, why);
        }
      }
      completeIfDone();
    }

    private void completeIfDone() {
      if (sinkCalls > 0) {
        return;
      }
      if (failure == null) {
        donePromise.complete(Done.getInstance());
      } else {
        donePromise.completeExceptionally(failure);
      }
      completeStage();
    }

    private final class ReceivedHandler extends AbstractInHandler {
      @Override
      public void onPush() {
        onReceived(grab(in));
        if (!ended) {
          pull(in);
        }
      }

      @Override
      public void onUpstreamFinish() {
        end(failure);
      }

      @Override
      public void onUpstreamFailure(Throwable why) {
        drain(why);
      }
    }

    private final class ProgressHandler extends AbstractOutHandler {
      @Override
      public void onPull() {
        pushProgress();
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        // Upstream is the same stage: how the session ends is told there.
      }
    }
  }
}
