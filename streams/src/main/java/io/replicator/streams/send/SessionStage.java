package io.replicator.streams.send;

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
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
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
 *   HANDSHAKE ──Hello──▶ RUNNING ──drain()──▶ DRAINING
 *       │                   │                    │
 *       └── refused ────────┴── close, error ────┴──▶ CLOSING: what is owed is sent; the stage completes
 *                                                             when the client does, or soon after
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
public final class SessionStage
    extends AbstractGraphStageWithMaterializedValue<
        FlowShape<ByteString, ByteString>, SessionControl> {
  private static final Logger LOG = LoggerFactory.getLogger(SessionStage.class);
  private static final String TICK = "tick";
  private static final String LINGER = "linger";

  /**
   * How long the client is listened to after the last words. Closing at once would reset the
   * connection where something that it sent is still unread, and the last words would be lost.
   */
  private static final Duration LINGER_TIME = Duration.ofSeconds(2);

  /** Chunks are handed to the socket in pieces of at most this size. */
  private static final int BURST_BYTES_MAX = 64 * 1024;

  /**
   * No acknowledgement for two round trips and this long while something is in flight: the link
   * stands still.
   */
  private static final long STALL_NS = Duration.ofMillis(100).toNanos();

  private final Inlet<ByteString> in = Inlet.create("Session.in");
  private final Outlet<ByteString> out = Outlet.create("Session.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

  private final long sessionId;
  private final String address;
  private final SessionOffer offer;
  private final SharedBlocks blocks;

  /**
   * @param address of the client, for people
   */
  public SessionStage(long sessionId, String address, SessionOffer offer, SharedBlocks blocks) {
    this.sessionId = sessionId;
    this.address = address;
    this.offer = offer;
    this.blocks = blocks;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, SessionControl> createLogicAndMaterializedValuePair(
      Attributes inheritedAttributes) {
    var logic = new Logic();
    return Pair.create(logic, logic);
  }

  private enum State {
    HANDSHAKE,
    RUNNING,
    DRAINING,
    CLOSING
  }

  /** A pull that came back, with a batch or an error. */
  private record Pulled(FeedSender feed, EncodedBatch batch, Throwable error) {}

  private final class Logic extends TimerGraphStageLogic implements SessionControl {
    private final SessionSettings settings = offer.settings();
    private final FrameDecoder decoder = new FrameDecoder(WireLimits.SMALL.frameBytesMax());
    private final CompletableFuture<String> established = new CompletableFuture<>();
    private final CompletableFuture<Done> ended = new CompletableFuture<>();
    private final LaneScheduler scheduler = new LaneScheduler(settings.lowLanesShare());
    private final InFlightWindow window =
        new InFlightWindow(settings.windowBytesMax(), settings.queueTarget().toNanos());
    private final List<AutoCloseable> registrations = new ArrayList<>();
    private final Set<Integer> dictionariesHanded = new HashSet<>();
    private final ArrayDeque<byte[]> owed = new ArrayDeque<>();
    private final long connectedAtMs = System.currentTimeMillis();

    private final AsyncCallback<Pulled> pulledCallback = createAsyncCallback(this::onPulled);
    private final AsyncCallback<FeedSender> headMovedCallback =
        createAsyncCallback(this::onHeadMoved);
    private final AsyncCallback<CompletableFuture<SessionStatus>> statusCallback =
        createAsyncCallback(asked -> asked.complete(snapshot()));
    private final AsyncCallback<String> closeCallback = createAsyncCallback(this::onClose);
    private final AsyncCallback<String> drainCallback = createAsyncCallback(this::onDrain);
    private final AsyncCallback<String> abortCallback =
        createAsyncCallback(reason -> failStage(new IllegalStateException(reason)));

    private State state = State.HANDSHAKE;
    private String clientName = "";
    private String closeReason = "";
    private List<FeedSender> feeds = List.of();
    private int nextFeed;
    private long sentBytes;
    private long startedNs;
    private long lastHeardNs;
    private long lastAckNs;
    private long lastBeatNs;

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
      scheduleAtFixedRate(
          TICK,
          tickInterval(settings.handshakeTimeout()),
          tickInterval(settings.handshakeTimeout()));
      pull(in);
    }

    private Duration tickInterval(Duration timeout) {
      return Duration.ofMillis(
          Math.max(10, Math.min(settings.heartbeatInterval().toMillis(), timeout.toMillis()) / 4));
    }

    @Override
    public void postStop() {
      for (AutoCloseable registration : registrations) {
        try {
          registration.close();
        } catch (Exception e) {
          LOG.warn("session {}: a head listener did not end", sessionId, e);
        }
      }
      established.completeExceptionally(
          new IllegalStateException("the connection ended in the handshake"));
      ended.complete(Done.getInstance());
    }

    @Override
    public void onTimer(Object key) {
      if (key.equals(LINGER)) {
        completeStage();
        return;
      }
      long nowNs = System.nanoTime();
      long silentNs = nowNs - lastHeardNs;
      if (state == State.HANDSHAKE) {
        // From the beginning, not from the last byte: a Hello may not trickle in for ever.
        if (nowNs - startedNs > settings.handshakeTimeout().toNanos()) {
          refuse(
              Refusal.Reason.HANDSHAKE_TIMEOUT,
              "no Hello within " + settings.handshakeTimeout().toMillis() + " ms");
        }
      } else if (silentNs > 3 * settings.heartbeatInterval().toNanos()) {
        failStage(
            new WireException(
                Refusal.Reason.UNSPECIFIED,
                "nothing heard from the client for " + silentNs / 1_000_000 + " ms"));
        return;
      } else if (state != State.CLOSING
          && nowNs - lastBeatNs >= settings.heartbeatInterval().toNanos()) {
        lastBeatNs = nowNs;
        owe(heartbeat());
      }
      for (FeedSender feed : feeds) {
        feed.tellAdvance(nowNs);
      }
      advance();
    }

    private Frame heartbeat() {
      var beat = Heartbeat.newBuilder().setSentAtMs(System.currentTimeMillis());
      for (FeedSender feed : feeds) {
        beat.addHeads(feed.database().head());
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
      } else if (state == State.HANDSHAKE) {
        refuse(Refusal.Reason.SHUTTING_DOWN, reason);
      }
    }

    private void refuse(Refusal.Reason reason, String detail) {
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
      if (state != State.CLOSING) {
        try {
          for (ByteBuffer buffer : bytes.getByteBuffers()) {
            decoder.decode(buffer, this::onFrame);
          }
        } catch (WireException e) {
          refuse(e.reason(), e.getMessage());
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
      feeds = accepted.feeds().stream().map(FeedSender::new).toList();
      for (FeedSender feed : feeds) {
        registrations.add(
            feed.database()
                .onHeadMoved(
                    () -> {
                      if (feed.wake()) {
                        headMovedCallback.invoke(feed);
                      }
                    }));
        // Whatever moved the head before is told by nobody else; a shared block may be older.
        feed.headMoved(System.nanoTime());
      }
      state = State.RUNNING;
      established.complete(clientName);
    }

    private void onAck(Ack ack) {
      long nowNs = System.nanoTime();
      lastAckNs = nowNs;
      try {
        window.acked(ack.getReceivedBytes(), nowNs);
        for (FeedAck feedAck : ack.getFeedsList()) {
          if (feedAck.getFeed() < 1 || feedAck.getFeed() > feeds.size()) {
            throw new IllegalArgumentException("feed " + feedAck.getFeed() + " of " + feeds.size());
          }
          feeds
              .get(feedAck.getFeed() - 1)
              .acknowledged(feedAck.getTakenBatch(), feedAck.getAppliedBatch());
        }
      } catch (IllegalArgumentException e) {
        throw new WireException(
            Refusal.Reason.MALFORMED, "acknowledgement of " + e.getMessage(), e);
      }
    }

    // ---- From the store

    private void onHeadMoved(FeedSender feed) {
      feed.headMoved(System.nanoTime());
      advance();
    }

    private void onPulled(Pulled pulled) {
      if (pulled.error() != null) {
        failStage(pulled.error());
        return;
      }
      pulled.feed().pullEnds(pulled.batch(), System.nanoTime());
      advance();
    }

    private void startPull(FeedSender feed) {
      boolean fresh = feed.pullStarts();
      boolean dictionary =
          blocks.dictionaries().bytes(feed.feed().database()) > 0
              && feed.deservesDictionary(blocks.dictionaries().bytes(feed.feed().database()));
      var place =
          new SharedBlocks.Place(
              feed.database(),
              feed.feed().filter(),
              feed.pulled(),
              feed.pullBytesMax(settings.batchBytesMax()),
              dictionary);
      CompletionStage<EncodedBatch> batch = fresh ? blocks.pullAgain(place) : blocks.pull(place);
      batch.whenComplete((result, error) -> pulledCallback.invoke(new Pulled(feed, result, error)));
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
      return window.inFlightBytes() > 0
          && System.nanoTime() - lastAckNs > STALL_NS + (long) (2e6 * window.minRttMs());
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
    public CompletionStage<String> established() {
      return established;
    }

    @Override
    public CompletionStage<Done> ended() {
      return ended;
    }

    @Override
    public CompletionStage<SessionStatus> status() {
      var asked = new CompletableFuture<SessionStatus>();
      statusCallback.invoke(asked);
      return asked;
    }

    @Override
    public void drain(String reason) {
      drainCallback.invoke(reason);
    }

    @Override
    public void close(String reason) {
      closeCallback.invoke(reason);
    }

    @Override
    public void abort(String reason) {
      abortCallback.invoke(reason);
    }

    private SessionStatus snapshot() {
      long nowNs = System.nanoTime();
      String described =
          state == State.RUNNING && stalled() ? "stalled" : state.name().toLowerCase(Locale.ROOT);
      return new SessionStatus(
          sessionId,
          clientName,
          address,
          described,
          connectedAtMs,
          window.windowBytes(),
          window.inFlightBytes(),
          window.minRttMs(),
          window.deliveryBytesPerSecond(),
          feeds.stream().map(feed -> feed.status(nowNs)).toList());
    }
  }
}
