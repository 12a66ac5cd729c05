package io.replicator.streams.send;

import io.replicator.protocol.Capabilities;
import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireException;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscribed;
import io.replicator.protocol.v1.Unsubscribe;
import io.replicator.replication.InFlightWindow;
import io.replicator.replication.LaneScheduler;
import io.replicator.replication.QosLevel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session on the hub, from the bytes of the client to the bytes for it.
 *
 * <pre>
 *   ARRIVED ──admit()──▶ HANDSHAKE ──Hello──▶ RUNNING ──drain()──▶ DRAINING
 *      │                     │                   │                    │
 *      └──── refused ────────┴── refused ────────┴── close, error ────┴──▶ CLOSING: what is owed is sent;
 *                                                     the stage completes when the client does, or soon after
 * </pre>
 *
 * <p><em>Emits when</em> a frame is owed (handshake, heartbeat, dictionary), or a feed has a chunk
 * and the in-flight window has room; lanes compete chunk by chunk. <em>Backpressures</em> never
 * upstream: a client's frames are small and bounded; downstream pressure and missing
 * acknowledgements stop the pulls from the store. <em>Completes when</em> either side does, after a
 * refusal, or when told to.
 *
 * <p>A session owns no queue: per feed one block being sent and at most one more.
 */
public final class SessionStage extends GraphStage<FlowShape<ByteString, ByteString>> {
  private static final Logger LOG = LoggerFactory.getLogger(SessionStage.class);
  private static final String TICK = "tick";
  private static final String LINGER = "linger";

  /**
   * How long the client is listened to after the last words. Closing at once would reset the
   * connection where something that it sent is still unread, and the last words would be lost.
   */
  private static final Duration LINGER_TIME = Duration.ofSeconds(2);

  /**
   * A client is not silent before so many ticks have heard nothing, each a delay after the one
   * before: on a hub with too much to do, what the client says waits as long as the ticks do.
   */
  private static final int SILENT_TICKS_MAX = 5;

  /** Chunks are handed to the socket in pieces of at most this size. */
  private static final int BURST_BYTES_MAX = 64 * 1024;

  /**
   * No acknowledgement for two round trips and this long while something is in flight: the link
   * stands still.
   */
  private static final long STALL_NS = Duration.ofMillis(100).toNanos();

  /** And for as long as this: whoever looks at the hub should know. */
  private static final long STALL_SHOWN_NS = Duration.ofSeconds(1).toNanos();

  private final Inlet<ByteString> in = Inlet.create("Session.in");
  private final Outlet<ByteString> out = Outlet.create("Session.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

  private final String transport;
  private final String address;
  private final SessionOffer offer;
  private final SharedBlocks blocks;
  private final SessionOwner owner;

  /**
   * @param transport and {@code address} of the client, for people
   */
  public SessionStage(
      String transport,
      String address,
      SessionOffer offer,
      SharedBlocks blocks,
      SessionOwner owner) {
    this.transport = transport;
    this.address = address;
    this.offer = offer;
    this.blocks = blocks;
    this.owner = owner;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes inheritedAttributes) {
    return new Logic();
  }

  private enum State {
    ARRIVED,
    HANDSHAKE,
    RUNNING,
    DRAINING,
    CLOSING
  }

  private final class Logic extends TimerGraphStageLogic implements SessionControl {
    private final SessionSettings settings = offer.settings();
    private final FrameDecoder decoder = new FrameDecoder(WireLimits.SMALL.frameBytesMax());
    private final LaneScheduler scheduler = new LaneScheduler(settings.lowLanesShare());
    private final InFlightWindow window =
        new InFlightWindow(settings.windowBytesMax(), settings.queueTarget().toNanos());
    private final Set<Integer> dictionariesHanded = new HashSet<>();
    private final ArrayDeque<byte[]> owed = new ArrayDeque<>();
    private final long connectedAtMs = System.currentTimeMillis();

    /** What others than the stage itself want done, one after another. */
    private final AsyncCallback<Runnable> calls = createAsyncCallback(Runnable::run);

    private State state = State.ARRIVED;
    private long sessionId;
    private boolean subscribes;
    private boolean dictionaries;
    private long ackDelayMaxMs;
    private String endReason = "closed";
    private String clientName = "";
    private String closeReason = "";
    // In the order of their ids, which are never used again.
    private final List<FeedSender> feeds = new ArrayList<>(1);
    private int lastFeedId;
    private int nextFeed;
    private long sentBytes;
    private long startedNs;
    private long lastHeardNs;
    private int silentTicks;
    private long lastAckNs;
    private long lastBeatNs;
    private long lastSentNs;

    Logic() {
      super(SessionStage.this.shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              onBytes(grab(in));
            }

            @Override
            public void onUpstreamFinish() {
              completeStage();
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              fail(failure);
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              advance();
            }
          });
    }

    // ---- Life

    @Override
    public void preStart() {
      startedNs = System.nanoTime();
      lastHeardNs = startedNs;
      lastBeatNs = startedNs;
      lastSentNs = startedNs;
      scheduleWithFixedDelay(
          TICK,
          tickInterval(settings.handshakeTimeout()),
          tickInterval(settings.handshakeTimeout()));
      owner.arrived(this);
    }

    private Duration tickInterval(Duration timeout) {
      return Duration.ofMillis(
          Math.max(10, Math.min(settings.heartbeatInterval().toMillis(), timeout.toMillis()) / 2));
    }

    @Override
    public void postStop() {
      feeds.forEach(FeedSender::end);
      owner.ended(this, snapshot(), endReason);
    }

    private void fail(Throwable failure) {
      endReason = String.valueOf(failure.getMessage());
      failStage(failure);
    }

    private void onAdmitted(long id) {
      if (state == State.ARRIVED) {
        sessionId = id;
        state = State.HANDSHAKE;
        pull(in);
      }
    }

    private void onRefused(Refusal.Reason reason, String detail) {
      if (state == State.ARRIVED) {
        end(reason, detail);
        // What the client says is heard, so that the connection does not end in a reset.
        pull(in);
      }
    }

    @Override
    public void onTimer(Object key) {
      if (key.equals(LINGER)) {
        completeStage();
        return;
      }
      long nowNs = System.nanoTime();
      long silentNs = nowNs - lastHeardNs;
      if (state == State.ARRIVED || state == State.HANDSHAKE) {
        // From the beginning, not from the last byte: a Hello may not trickle in for ever.
        if (nowNs - startedNs > settings.handshakeTimeout().toNanos()) {
          end(
              Refusal.Reason.HANDSHAKE_TIMEOUT,
              "no Hello within " + settings.handshakeTimeout().toMillis() + " ms");
        }
      } else if (++silentTicks > SILENT_TICKS_MAX
          && silentNs > 3 * settings.heartbeatInterval().toNanos()) {
        fail(
            new WireException(
                Refusal.Reason.UNSPECIFIED,
                "nothing heard from the client for " + silentNs / 1_000_000 + " ms"));
        return;
      } else if (state != State.CLOSING && heartbeatIsDue(nowNs, silentNs)) {
        lastBeatNs = nowNs;
        owe(heartbeat());
      }
      for (FeedSender feed : feeds) {
        feed.tellAdvance(nowNs);
      }
      advance();
    }

    /**
     * An interval after the last one, but not while both sides are heard anyway and the client has
     * what its heads would tell: of many sessions in a trickle nobody needs another word.
     */
    private boolean heartbeatIsDue(long nowNs, long silentNs) {
      // A tick that comes a little early must not put it off to the next.
      long intervalNs = settings.heartbeatInterval().toNanos() * 7 / 8;
      boolean quiet = nowNs - lastSentNs >= intervalNs || silentNs >= intervalNs;
      return nowNs - lastBeatNs >= intervalNs
          && (quiet || feeds.stream().anyMatch(FeedSender::hasNews));
    }

    private Frame heartbeat() {
      var beat = Heartbeat.newBuilder().setSentAtMs(System.currentTimeMillis());
      int next = 1;
      for (FeedSender feed : feeds) {
        for (; next < feed.id(); next++) {
          beat.addHeads(0);
        }
        beat.addHeads(feed.database().head());
        next++;
      }
      return Frame.newBuilder().setHeartbeat(beat).build();
    }

    private void onClose(String reason) {
      say(Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)).build(), reason);
    }

    private void onDrain(String reason) {
      if (state == State.RUNNING) {
        state = State.DRAINING;
        closeReason = reason;
        advance();
      } else if (state == State.ARRIVED || state == State.HANDSHAKE) {
        end(Refusal.Reason.SHUTTING_DOWN, reason);
      }
    }

    private void end(Refusal.Reason reason, String detail) {
      LOG.info("session {} from {} refused: {} ({})", sessionId, address, detail, reason);
      var refusal =
          Refusal.newBuilder()
              .setReason(reason)
              .setDetail(detail)
              .setProtocolVersionMin(Frames.VERSION_MIN)
              .setProtocolVersionMax(Frames.VERSION_MAX);
      say(Frame.newBuilder().setRefusal(refusal).build(), detail);
    }

    /** The last words: whatever else was owed is not, and after them the stage completes. */
    private void say(Frame lastWords, String reason) {
      if (state == State.CLOSING) {
        return;
      }
      state = State.CLOSING;
      closeReason = reason;
      owe(lastWords);
      // A client that does not even read them ends this too.
      scheduleOnce(LINGER, settings.handshakeTimeout());
      advance();
    }

    // ---- From the client

    private void onBytes(ByteString bytes) {
      lastHeardNs = System.nanoTime();
      silentTicks = 0;
      if (state != State.CLOSING) {
        try {
          for (ByteBuffer buffer : bytes.getByteBuffers()) {
            decoder.decode(buffer, this::onFrame);
          }
        } catch (WireException e) {
          end(e.reason(), e.getMessage());
        }
      }
      if (!isClosed(in)) {
        pull(in);
      }
      advance();
    }

    private void onFrame(Frame frame) {
      if (state == State.CLOSING) {
        return;
      }
      if (state == State.HANDSHAKE) {
        if (!frame.hasHello()) {
          throw new WireException(
              Refusal.Reason.MALFORMED,
              "a session begins with Hello, not " + frame.getMessageCase());
        }
        onHello(frame.getHello());
        return;
      }
      switch (frame.getMessageCase()) {
        case ACK -> onAck(frame.getAck());
        case SUBSCRIBE -> onSubscribe(frame.getSubscribe());
        case UNSUBSCRIBE -> onUnsubscribe(frame.getUnsubscribe());
        case HEARTBEAT -> {
          // Having been heard is all that it is for.
        }
        case GOODBYE -> {
          LOG.debug("session {}: client ends: {}", sessionId, frame.getGoodbye().getReason());
          completeStage();
        }
        default ->
            throw new WireException(
                Refusal.Reason.MALFORMED,
                frame.getMessageCase() + " from a client in a running session");
      }
    }

    private void onHello(Hello hello) {
      SessionOffer.Accepted accepted = offer.accept(hello, sessionId);
      clientName = accepted.clientName();
      byte[] welcome = Frames.encode(Frame.newBuilder().setWelcome(accepted.welcome()).build());
      owed.add(welcome);
      // Both sides count from the end of Welcome on.
      sentBytes = -welcome.length;
      subscribes = accepted.subscribes();
      dictionaries = accepted.dictionaries();
      ackDelayMaxMs = accepted.ackDelayMaxMs();
      accepted.feeds().forEach(feed -> begin(feed, 0));
      state = State.RUNNING;
      owner.established(this, clientName);
    }

    private void begin(SessionOffer.OfferedFeed offered, int tag) {
      var feed = new FeedSender(offered, tag);
      lastFeedId = feed.id();
      feeds.add(feed);
      feed.begin(() -> calls.invoke(() -> onHeadMoved(feed)));
    }

    private void onSubscribe(Subscribe subscribe) {
      checkSubscribes("Subscribe");
      int tag = subscribe.getTag();
      if (tag == 0 || feeds.stream().anyMatch(feed -> feed.tag() == tag)) {
        throw new WireException(
            Refusal.Reason.MALFORMED,
            "Subscribe with tag " + Integer.toUnsignedString(tag) + ", which is 0 or in use");
      }
      var answer = Subscribed.newBuilder().setTag(tag);
      try {
        SessionOffer.OfferedFeed offered = offer.accept(subscribe, lastFeedId + 1, feeds.size());
        owe(Frame.newBuilder().setSubscribed(answer.setFeed(offered.wire())).build());
        begin(offered, tag);
      } catch (WireException e) {
        LOG.info("session {} of {}: no subscription: {}", sessionId, clientName, e.getMessage());
        var refusal = Refusal.newBuilder().setReason(e.reason()).setDetail(e.getMessage());
        owe(Frame.newBuilder().setSubscribed(answer.setRefusal(refusal)).build());
      }
    }

    // One that was refused, or is gone already, is none: the two have crossed.
    private void onUnsubscribe(Unsubscribe unsubscribe) {
      checkSubscribes("Unsubscribe");
      for (FeedSender feed : feeds) {
        if (feed.tag() == unsubscribe.getTag()) {
          feed.end();
          feeds.remove(feed);
          nextFeed = 0;
          return;
        }
      }
    }

    private void checkSubscribes(String message) {
      if (!subscribes) {
        throw new WireException(
            Refusal.Reason.MALFORMED,
            message + " without the capability '" + Capabilities.SUBSCRIBE + "' in Hello");
      }
    }

    private void onAck(Ack ack) {
      long nowNs = System.nanoTime();
      lastAckNs = nowNs;
      try {
        window.acked(ack.getReceivedBytes(), nowNs, ackDelayNs(ack));
        for (FeedAck feedAck : ack.getFeedsList()) {
          if (feedAck.getFeed() < 1 || feedAck.getFeed() > lastFeedId) {
            throw new IllegalArgumentException("feed " + feedAck.getFeed() + " of " + lastFeedId);
          }
          FeedSender feed = feed(feedAck.getFeed());
          // Acknowledgements of a feed may have crossed its end.
          if (feed != null) {
            feed.acknowledged(feedAck.getTakenBatch(), feedAck.getAppliedBatch());
          }
        }
      } catch (IllegalArgumentException e) {
        throw new WireException(
            Refusal.Reason.MALFORMED, "acknowledgement of " + e.getMessage(), e);
      }
    }

    private long ackDelayNs(Ack ack) {
      return 1_000 * Math.min(Math.max(0, ack.getAckDelayUs()), 1_000 * ackDelayMaxMs);
    }

    private FeedSender feed(int id) {
      int from = 0;
      int to = feeds.size() - 1;
      while (from <= to) {
        int middle = (from + to) >>> 1;
        FeedSender feed = feeds.get(middle);
        if (feed.id() == id) {
          return feed;
        } else if (feed.id() < id) {
          from = middle + 1;
        } else {
          to = middle - 1;
        }
      }
      return null;
    }

    // ---- From the store

    private void onHeadMoved(FeedSender feed) {
      feed.headMoved(System.nanoTime());
      advance();
    }

    private void onPulled(FeedSender feed, EncodedBatch batch, Throwable failure) {
      if (feed.hasEnded()) {
        return;
      }
      if (failure != null) {
        fail(failure);
        return;
      }
      feed.pullEnds(batch, System.nanoTime());
      advance();
    }

    private void startPull(FeedSender feed) {
      boolean fresh = feed.pullStarts();
      int dictionaryBytes = dictionaries ? blocks.dictionaries().bytes(feed.feed().database()) : 0;
      var place =
          new SharedBlocks.Place(
              feed.database(),
              feed.feed().filter(),
              feed.pulled(),
              feed.pullBytesMax(settings.batchBytesMax()),
              dictionaryBytes > 0 && feed.deservesDictionary(dictionaryBytes));
      CompletableFuture<EncodedBatch> batch =
          (fresh ? blocks.pullAgain(place) : blocks.pull(place)).toCompletableFuture();
      if (batch.isDone() && !batch.isCompletedExceptionally()) {
        // Another session has asked before. Most of many have the luck, and need no second wake-up.
        feed.pullEnds(batch.join(), System.nanoTime());
      } else {
        batch.whenComplete(
            (result, failure) -> calls.invoke(() -> onPulled(feed, result, failure)));
      }
    }

    // ---- To the client

    private void owe(Frame frame) {
      owed.add(Frames.encode(frame));
    }

    /** Starts the pulls that make sense now, and emits what may be sent now. */
    private void advance() {
      if (state == State.RUNNING || state == State.DRAINING) {
        startPulls();
      }
      if (isAvailable(out)) {
        emit();
        if (state == State.RUNNING || state == State.DRAINING) {
          startPulls();
          if (isAvailable(out) && ready() != 0) {
            emit();
          }
        }
      }
      if (state == State.DRAINING && feeds.stream().allMatch(FeedSender::drained)) {
        onClose(closeReason);
      }
    }

    private void startPulls() {
      if (stalled()) {
        return;
      }
      int prefetchBytes = (int) Math.min(window.windowBytes() / 2, settings.creditBytes());
      long linkBytes = (long) (window.deliveryBytesPerSecond() * window.minRttMs() / 1000);
      for (FeedSender feed : feeds) {
        int creditBytes = feed.creditBytes(settings.creditBytes(), linkBytes);
        if (feed.wantsPull(prefetchBytes, creditBytes)) {
          startPull(feed);
        }
      }
    }

    // While nothing gets through, changes are better merged in the store than frozen in a block.
    private boolean stalled() {
      return stalledFor(STALL_NS);
    }

    private boolean stalledFor(long patienceNs) {
      return window.inFlightBytes() > 0
          && System.nanoTime() - lastAckNs
              > patienceNs + 1_000_000 * ackDelayMaxMs + (long) (2e6 * window.minRttMs());
    }

    private void emit() {
      long nowNs = System.nanoTime();
      var burst = new ByteStringBuilder();
      while (!owed.isEmpty()) {
        byte[] frame = owed.poll();
        sentBytes += frame.length;
        burst.append(ByteString.fromArrayUnsafe(frame));
      }
      if (state == State.RUNNING || state == State.DRAINING) {
        addChunks(burst, nowNs);
      }
      if (!burst.isEmpty()) {
        lastSentNs = nowNs;
        push(out, burst.result());
      }
      if (state == State.CLOSING) {
        complete(out);
        scheduleOnce(LINGER, LINGER_TIME);
      }
    }

    private void addChunks(ByteStringBuilder burst, long nowNs) {
      if (window.inFlightBytes() == 0) {
        lastAckNs = nowNs;
      }
      long room = window.available() - burst.length();
      long burstMax =
          Math.min(BURST_BYTES_MAX, Math.max(settings.chunkBytes(), window.windowBytes() / 4));
      boolean appLimited = false;
      while (room > 0 && burst.length() < burstMax) {
        int ready = ready();
        if (ready == 0) {
          appLimited = true;
          break;
        }
        QosLevel level = scheduler.next(ready);
        FeedSender feed = feedOf(level);
        int before = burst.length();
        handDictionary(feed, burst);
        byte[] frame = feed.nextChunk(settings.chunkBytes(), nowNs);
        burst.append(ByteString.fromArrayUnsafe(frame));
        int bytes = burst.length() - before;
        scheduler.sent(level, bytes);
        sentBytes += bytes;
        room -= bytes;
      }
      if (!burst.isEmpty()) {
        window.sent(sentBytes, nowNs, appLimited);
      }
    }

    private void handDictionary(FeedSender feed, ByteStringBuilder burst) {
      int id = feed.dictionaryNeeded();
      if (id != 0 && dictionariesHanded.add(id)) {
        Frame frame = blocks.dictionaries().frame(feed.feed().database(), id);
        burst.append(ByteString.fromArrayUnsafe(Frames.encode(frame)));
      }
    }

    private int ready() {
      int ready = 0;
      for (FeedSender feed : feeds) {
        if (feed.hasChunk()) {
          ready |= LaneScheduler.bit(feed.level());
        }
      }
      return ready;
    }

    /** The feeds of a lane take turns, chunk by chunk. */
    private FeedSender feedOf(QosLevel level) {
      for (int i = 0; i < feeds.size(); i++) {
        FeedSender feed = feeds.get((nextFeed + i) % feeds.size());
        if (feed.level() == level && feed.hasChunk()) {
          nextFeed = (nextFeed + i + 1) % feeds.size();
          return feed;
        }
      }
      throw new IllegalStateException("lane " + level + " has no chunk");
    }

    // ---- Control, any thread

    @Override
    public String address() {
      return address;
    }

    @Override
    public void admit(long id) {
      calls.invoke(() -> onAdmitted(id));
    }

    @Override
    public void refuse(Refusal.Reason reason, String detail) {
      calls.invoke(() -> onRefused(reason, detail));
    }

    @Override
    public CompletionStage<SessionStatus> status() {
      var asked = new CompletableFuture<SessionStatus>();
      calls.invoke(() -> asked.complete(snapshot()));
      return asked;
    }

    @Override
    public void drain(String reason) {
      calls.invoke(() -> onDrain(reason));
    }

    @Override
    public void close(String reason) {
      calls.invoke(() -> onClose(reason));
    }

    @Override
    public void abort(String reason) {
      calls.invoke(() -> fail(new WireException(Refusal.Reason.SHUTTING_DOWN, reason)));
    }

    private SessionStatus snapshot() {
      long nowNs = System.nanoTime();
      List<LaneStatus> lanes = feeds.stream().map(feed -> feed.status(nowNs)).toList();
      String described =
          state != State.RUNNING
              ? state.name().toLowerCase(Locale.ROOT)
              : stalledFor(STALL_SHOWN_NS) ? SessionStatus.STALLED : SessionStatus.stateOf(lanes);
      return new SessionStatus(
          sessionId,
          clientName,
          transport,
          address,
          described,
          connectedAtMs,
          window.windowBytes(),
          window.inFlightBytes(),
          window.minRttMs(),
          window.deliveryBytesPerSecond(),
          lanes.size(),
          lanes);
    }
  }
}
