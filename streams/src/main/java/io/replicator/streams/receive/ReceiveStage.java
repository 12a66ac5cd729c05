package io.replicator.streams.receive;

import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Welcome;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * The client's end of the link: speaks the handshake, puts blocks together, acknowledges, and
 * notices when the hub is dead.
 *
 * <pre>
 *   HANDSHAKE ──Welcome──▶ RUNNING ──▶ CLOSING (Goodbye on its way out, at most a second)
 *       └────── refused, late, malformed ───────▶
 * </pre>
 *
 * <p><b>Emits</b> on {@code received} the session first, then the blocks that a read completed;
 * while there is no demand they collect, bounded by the credit. On {@code link.out} the Hello, then
 * an Ack after every read and whenever progress was made, of which only the newest waits for
 * demand, and a Heartbeat each interval, ahead of it.
 *
 * <p><b>Backpressures</b> never: the link and the progress are always pulled.
 *
 * <p><b>Completes</b> {@code received} after {@link Control#stop}; <b>fails</b> it when the link
 * ends, the hub falls silent, refuses, or breaks the protocol.
 *
 * <p><b>Cancels</b> the link when {@code received} is cancelled or {@code progress} fails, after a
 * Goodbye with the reason.
 */
final class ReceiveStage
    extends AbstractGraphStageWithMaterializedValue<
        BidiShape<ByteString, Received, Progress, ByteString>, ReceiveStage.Control> {
  /**
   * Whole intervals without a byte after which the hub is taken for dead. Not without a frame: on a
   * slow link a dictionary takes longer.
   */
  private static final int SILENT_INTERVALS_MAX = 3;

  private static final Duration GOODBYE_TIMEOUT = Duration.ofSeconds(1);
  private static final int GOODBYE_CHARS_MAX = 500;

  private final Inlet<ByteString> linkIn = Inlet.create("Receive.link.in");
  private final Outlet<Received> receivedOut = Outlet.create("Receive.received");
  private final Inlet<Progress> progressIn = Inlet.create("Receive.progress");
  private final Outlet<ByteString> linkOut = Outlet.create("Receive.link.out");
  private final BidiShape<ByteString, Received, Progress, ByteString> shape =
      BidiShape.of(linkIn, receivedOut, progressIn, linkOut);

  private final Hello hello;
  private final ReceiveSettings settings;
  private final InstantSource clock;

  /** Ends a running session from outside. */
  interface Control {
    /**
     * Says Goodbye with {@code reason} and closes the link. Any thread; a second call is ignored.
     */
    void stop(String reason);
  }

  ReceiveStage(Hello hello, ReceiveSettings settings, InstantSource clock) {
    this.hello = hello;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public BidiShape<ByteString, Received, Progress, ByteString> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, Control> createLogicAndMaterializedValuePair(Attributes attributes) {
    var logic = new Logic();
    return Pair.create(logic, logic);
  }

  private enum State {
    HANDSHAKE,
    RUNNING,
    CLOSING
  }

  private enum Timer {
    HANDSHAKE,
    HEARTBEAT,
    GOODBYE
  }

  private final class Logic extends TimerGraphStageLogic implements Control {
    private final FrameDecoder decoder = new FrameDecoder(settings.limits().frameBytesMax());
    private final Dictionaries dictionaries = new Dictionaries();
    private final AsyncCallback<String> stopped = createAsyncCallback(this::onStop);

    private State state = State.HANDSHAKE;
    private ByteString helloDue;
    private int silentIntervals;

    // The first frame is the Welcome; received bytes count from its end.
    private long linkBytes;
    private int firstLengthRead;
    private long firstLength;

    // Since the Welcome, arrays by index of the feed.
    private Session session;
    private BlockAssembler[] assemblers;
    private int[] indexById;
    private Progress progress;
    private long[] ackedTaken;
    private long[] ackedApplied;

    private List<Received.Block> completed = new ArrayList<>();
    private Received.Opened opened;
    private boolean ackDue;
    private boolean heartbeatDue;

    Logic() {
      super(shape);
      setHandler(linkIn, new LinkInHandler());
      setHandler(receivedOut, new ReceivedHandler());
      setHandler(progressIn, new ProgressHandler());
      setHandler(linkOut, new LinkOutHandler());
    }

    @Override
    public void preStart() {
      helloDue = encode(Frame.newBuilder().setHello(hello).build());
      scheduleOnce(Timer.HANDSHAKE, settings.handshakeTimeout());
      pull(linkIn);
      pull(progressIn);
    }

    @Override
    public void postStop() {
      dictionaries.close();
    }

    // ---- From the link

    private void onBytes(ByteString bytes) {
      // Reads are compact: this is their array, which nobody writes to any more.
      byte[] array = bytes.toArrayUnsafe();
      silentIntervals = 0;
      measureFirstFrame(array);
      linkBytes += array.length;
      try {
        decoder.decode(ByteBuffer.wrap(array), this::onFrame);
      } catch (WireException e) {
        close(e.getMessage(), e);
        return;
      }
      if (state == State.RUNNING) {
        ackDue = true;
        flush();
      }
      if (state != State.CLOSING) {
        pushReceived();
        pull(linkIn);
      }
    }

    private void measureFirstFrame(byte[] bytes) {
      for (int i = 0; firstLengthRead < Integer.BYTES && i < bytes.length; i++) {
        firstLength = (firstLength << Byte.SIZE) | (bytes[i] & 0xff);
        firstLengthRead++;
      }
    }

    private void onFrame(Frame frame) {
      switch (state) {
        case HANDSHAKE -> onHandshakeFrame(frame);
        case RUNNING -> onSessionFrame(frame);
        case CLOSING -> {
          // What a read held behind the frame that ended the session.
        }
      }
    }

    private void onHandshakeFrame(Frame frame) {
      switch (frame.getMessageCase()) {
        case WELCOME -> onWelcome(frame.getWelcome());
        case REFUSAL -> end(new HubRefusedException(frame.getRefusal()));
        case GOODBYE -> onGoodbye(frame.getGoodbye());
        default ->
            throw Session.malformed(
                frame.getMessageCase() + " instead of the answer to the handshake");
      }
    }

    private void onSessionFrame(Frame frame) {
      switch (frame.getMessageCase()) {
        case CHUNK -> onChunk(frame.getChunk(), frame.getSerializedSize() + Integer.BYTES);
        case HEARTBEAT -> onHeartbeat(frame.getHeartbeat());
        case DICTIONARY -> dictionaries.add(frame.getDictionary(), session.limits());
        case GOODBYE -> onGoodbye(frame.getGoodbye());
        case WELCOME, REFUSAL, HELLO, ACK, SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE ->
            throw Session.malformed(frame.getMessageCase() + " within a session");
        case MESSAGE_NOT_SET -> {
          // Of a newer version than this one.
        }
      }
    }

    private void onWelcome(Welcome welcome) {
      session = Session.of(welcome, settings);
      int feeds = session.feeds().size();
      assemblers = new BlockAssembler[feeds];
      indexById = new int[Session.FEED_ID_MAX + 1];
      Arrays.fill(indexById, -1);
      for (int i = 0; i < feeds; i++) {
        int id = session.feeds().get(i).feed().id();
        indexById[id] = i;
        assemblers[i] =
            new BlockAssembler(id, session.limits().blockBytesMax(), session.creditBytes());
      }
      progress = Progress.of(new long[feeds], new long[feeds]);
      ackedTaken = new long[feeds];
      ackedApplied = new long[feeds];
      opened = new Received.Opened(session, dictionaries);
      state = State.RUNNING;
      cancelTimer(Timer.HANDSHAKE);
      scheduleWithFixedDelay(
          Timer.HEARTBEAT, session.heartbeatInterval(), session.heartbeatInterval());
    }

    private void onChunk(Chunk chunk, int wireBytes) {
      int id = chunk.getFeed();
      int feed = id < 0 || id > Session.FEED_ID_MAX ? -1 : indexById[id];
      if (feed < 0) {
        throw Session.malformed("chunk of feed " + Integer.toUnsignedString(id) + ", unknown");
      }
      session.feeds().get(feed).tally().received(wireBytes);
      byte[] block = assemblers[feed].add(chunk);
      if (block != null) {
        completed.add(new Received.Block(feed, chunk.getBatch(), block));
      }
    }

    private void onHeartbeat(Heartbeat heartbeat) {
      int heads = Math.min(heartbeat.getHeadsCount(), session.feeds().size());
      for (int i = 0; i < heads; i++) {
        session.feeds().get(i).tally().head(heartbeat.getHeads(i));
      }
    }

    private void onGoodbye(Goodbye goodbye) {
      end(new LinkLostException("the hub ended the session: " + goodbye.getReason()));
    }

    // ---- To the apply stage

    private void pushReceived() {
      if (isClosed(receivedOut) || !isAvailable(receivedOut)) {
        return;
      }
      if (opened != null) {
        push(receivedOut, opened);
        opened = null;
      } else if (!completed.isEmpty()) {
        push(receivedOut, new Received.Blocks(completed));
        completed = new ArrayList<>();
      }
    }

    private void onProgress(Progress newest) {
      progress = newest;
      for (int i = 0; i < newest.feeds(); i++) {
        assemblers[i].taken(newest.taken(i));
      }
      ackDue = true;
      flush();
    }

    // ---- To the link

    private void flush() {
      if (state == State.CLOSING || !isAvailable(linkOut)) {
        return;
      }
      if (helloDue != null) {
        push(linkOut, helloDue);
        helloDue = null;
      } else if (heartbeatDue) {
        heartbeatDue = false;
        ackDue = false;
        push(linkOut, heartbeat().concat(ack()));
      } else if (ackDue) {
        ackDue = false;
        push(linkOut, ack());
      }
    }

    private ByteString heartbeat() {
      return encode(
          Frame.newBuilder()
              .setHeartbeat(Heartbeat.newBuilder().setSentAtMs(clock.millis()))
              .build());
    }

    private ByteString ack() {
      Ack.Builder ack = Ack.newBuilder().setReceivedBytes(linkBytes - Integer.BYTES - firstLength);
      for (int i = 0; i < progress.feeds(); i++) {
        long taken = progress.taken(i);
        long applied = progress.applied(i);
        if (taken != ackedTaken[i] || applied != ackedApplied[i]) {
          ackedTaken[i] = taken;
          ackedApplied[i] = applied;
          ack.addFeeds(
              FeedAck.newBuilder()
                  .setFeed(session.feeds().get(i).feed().id())
                  .setTakenBatch(taken)
                  .setAppliedBatch(applied));
        }
      }
      return encode(Frame.newBuilder().setAck(ack).build());
    }

    private static ByteString encode(Frame frame) {
      return ByteString.fromArrayUnsafe(Frames.encode(frame));
    }

    // ---- Time

    @Override
    public void onTimer(Object key) {
      switch ((Timer) key) {
        case HANDSHAKE ->
            close(
                "no Welcome within " + settings.handshakeTimeout().toMillis() + " ms",
                new LinkLostException(
                    "no answer to the handshake within "
                        + settings.handshakeTimeout().toMillis()
                        + " ms",
                    new TimeoutException()));
        case HEARTBEAT -> onHeartbeatDue();
        case GOODBYE -> completeStage();
      }
    }

    private void onHeartbeatDue() {
      // The interval that just ended is the first whole one only if nothing came within it.
      if (silentIntervals++ >= SILENT_INTERVALS_MAX) {
        String silence =
            "nothing heard for "
                + session.heartbeatInterval().toMillis() * SILENT_INTERVALS_MAX
                + " ms";
        close(silence, new LinkLostException(silence));
        return;
      }
      heartbeatDue = true;
      flush();
    }

    // ---- The end

    @Override
    public void stop(String reason) {
      stopped.invoke(reason);
    }

    private void onStop(String reason) {
      close(reason, null);
    }

    /** Says why, then ends. Without a failure, {@code received} completes. */
    private void close(String goodbye, Throwable failure) {
      if (state == State.CLOSING) {
        return;
      }
      endReceived(failure);
      if (isClosed(linkOut) || helloDue != null) {
        completeStage();
        return;
      }
      scheduleOnce(Timer.GOODBYE, GOODBYE_TIMEOUT);
      String reason =
          goodbye.length() > GOODBYE_CHARS_MAX ? goodbye.substring(0, GOODBYE_CHARS_MAX) : goodbye;
      emit(
          linkOut,
          encode(Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)).build()),
          this::completeStage);
    }

    /** Ends at once: the hub has gone, or knows. */
    private void end(Throwable failure) {
      if (state != State.CLOSING) {
        endReceived(failure);
      }
      completeStage();
    }

    private void endReceived(Throwable failure) {
      state = State.CLOSING;
      cancelTimer(Timer.HANDSHAKE);
      cancelTimer(Timer.HEARTBEAT);
      if (failure == null) {
        complete(receivedOut);
      } else {
        fail(receivedOut, failure);
      }
    }

    /** What is wrong rather than which command of the stack failed. */
    private static String reason(Throwable failure) {
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    private final class LinkInHandler extends AbstractInHandler {
      @Override
      public void onPush() {
        onBytes(grab(linkIn));
      }

      @Override
      public void onUpstreamFinish() {
        onUpstreamFailure(
            new LinkLostException(
                state == State.HANDSHAKE
                    ? "the hub closed the connection during the handshake"
                    : "the hub closed the connection"));
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        end(
            failure instanceof LinkLostException
                ? failure
                : new LinkLostException(
                    (linkBytes == 0 ? "cannot connect: " : "connection lost: ") + reason(failure),
                    failure));
      }
    }

    private final class ReceivedHandler extends AbstractOutHandler {
      @Override
      public void onPull() {
        pushReceived();
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        close("client: " + cause.getMessage(), cause);
      }
    }

    private final class ProgressHandler extends AbstractInHandler {
      @Override
      public void onPush() {
        onProgress(grab(progressIn));
        pull(progressIn);
      }

      @Override
      public void onUpstreamFinish() {
        // Follows the end of received.
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        close("client: " + failure.getMessage(), failure);
      }
    }

    private final class LinkOutHandler extends AbstractOutHandler {
      @Override
      public void onPull() {
        flush();
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        // The link's other half tells why.
        if (state == State.CLOSING) {
          completeStage();
        }
      }
    }
  }
}
