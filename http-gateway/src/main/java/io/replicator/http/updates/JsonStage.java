package io.replicator.http.updates;

import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.Capabilities;
import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscribed;
import io.replicator.protocol.v1.Unsubscribe;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.streams.WireMapping;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * A client that speaks JSON, as a client of the hub that speaks frames: stands between the messages
 * of {@code replicator.v1.json} and a session. Whatever holds for a session holds for it: merging,
 * lanes, sharing, resume, limits.
 *
 * <p><b>Emits</b> a frame for each message of the client, in their order, after a Hello; and a
 * message for each batch, answer and heartbeat of the session. <b>Backpressures</b> the session
 * while the client has not taken what was completed, and the client while the session has not.
 *
 * <p><b>Acknowledges</b> to the session what the client acknowledges, batch by batch. Of a block
 * that takes more than one window, the parts have to be acknowledged before there is a batch: that
 * is done at once, while less than {@link #OUTSTANDING_BYTES_MAX} of messages wait for the client's
 * word. So a client that says nothing is silent for the session too, and is taken for dead.
 */
final class JsonStage
    extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
  private static final int OUTSTANDING_BYTES_MAX = 256 * 1024;

  /** JavaScript in a page that nobody looks at may come late. */
  private static final int ACK_DELAY_MAX_MS = 1_000;

  private final Inlet<ByteString> messageIn = Inlet.create("Json.message.in");
  private final Outlet<ByteString> frameOut = Outlet.create("Json.frame.out");
  private final Inlet<ByteString> frameIn = Inlet.create("Json.frame.in");
  private final Outlet<ByteString> messageOut = Outlet.create("Json.message.out");
  private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
      BidiShape.of(messageIn, frameOut, frameIn, messageOut);

  @Override
  public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final FrameDecoder decoder = new FrameDecoder(WireLimits.DEFAULT.frameBytesMax());
    private final Map<Integer, JsonFeed> byFeed = new HashMap<>(2);
    private final Map<Integer, Integer> feedOfId = new HashMap<>(2);
    // What the last read brought and the other side has not taken; a read is bounded.
    private final ArrayDeque<ByteString> frames = new ArrayDeque<>(2);
    private final ArrayDeque<ByteString> messages = new ArrayDeque<>(2);

    // Of the session, from the end of Welcome on; -1 before.
    private long receivedBytes = -1;
    private long ackedBytes;
    private long outstandingBytes;
    private CloseException ending;

    Logic() {
      super(shape);
      setHandler(
          messageIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              onMessage(grab(messageIn));
              flush();
            }

            @Override
            public void onUpstreamFinish() {
              complete(frameOut);
            }
          });
      setHandler(
          frameIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              onBytes(grab(frameIn));
              flush();
            }

            @Override
            public void onUpstreamFinish() {
              if (ending == null) {
                ending = new CloseException(CloseException.NORMAL, "");
              }
              flush();
            }
          });
      AbstractOutHandler flushing =
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              flush();
            }
          };
      setHandler(frameOut, flushing);
      setHandler(messageOut, flushing);
    }

    @Override
    public void preStart() {
      add(
          Frame.newBuilder()
              .setHello(
                  Hello.newBuilder()
                      .setProtocolVersion(Frames.VERSION_MAX)
                      .setClientName("JSON")
                      .addCapabilities(Capabilities.SUBSCRIBE)
                      .setAckDelayMaxMs(ACK_DELAY_MAX_MS)));
    }

    private void flush() {
      if (!frames.isEmpty() && !isClosed(frameOut) && isAvailable(frameOut)) {
        push(frameOut, frames.remove());
      }
      if (!messages.isEmpty() && isAvailable(messageOut)) {
        push(messageOut, messages.remove());
      }
      if (messages.isEmpty() && ending != null) {
        end();
        return;
      }
      if (frames.isEmpty() && !isClosed(messageIn) && !hasBeenPulled(messageIn)) {
        pull(messageIn);
      }
      if (messages.isEmpty() && !isClosed(frameIn) && !hasBeenPulled(frameIn)) {
        pull(frameIn);
      }
    }

    private void end() {
      if (ending.code() == CloseException.NORMAL) {
        completeStage();
      } else {
        failStage(ending);
      }
    }

    // ---- From the client

    private void onMessage(ByteString text) {
      try {
        onMessage(ClientMessage.parse(text.toArrayUnsafe()));
      } catch (CloseException e) {
        failStage(e);
      }
    }

    private void onMessage(ClientMessage message) {
      if (message instanceof ClientMessage.Subscribe subscribe) {
        add(Frame.newBuilder().setSubscribe(frame(subscribe)));
      } else if (message instanceof ClientMessage.Unsubscribe unsubscribe) {
        unsubscribe(unsubscribe.id());
      } else if (message instanceof ClientMessage.Ack ack) {
        onAck(ack);
      } else if (message instanceof ClientMessage.Heartbeat) {
        add(Frame.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()));
      }
    }

    private static Subscribe.Builder frame(ClientMessage.Subscribe subscribe) {
      var frame = Subscribe.newBuilder().setTag(subscribe.id()).setDatabase(subscribe.database());
      for (String pattern : subscribe.patterns()) {
        frame.addInclude(UnsafeByteOperations.unsafeWrap(pattern.getBytes(StandardCharsets.UTF_8)));
      }
      if (!(subscribe.cursor() instanceof Cursor.Nothing)) {
        frame.setResume(
            Resume.newBuilder()
                .setDatabase(subscribe.database())
                .setCursor(WireMapping.toWire(subscribe.cursor())));
      }
      return frame;
    }

    private void unsubscribe(int id) {
      Integer feedId = feedOfId.remove(id);
      if (feedId != null) {
        outstandingBytes -= byFeed.remove(feedId).outstandingBytes();
      }
      add(Frame.newBuilder().setUnsubscribe(Unsubscribe.newBuilder().setTag(id)));
    }

    // Of one that is gone: the two have crossed.
    private void onAck(ClientMessage.Ack ack) {
      Integer feedId = feedOfId.get(ack.id());
      if (feedId != null) {
        outstandingBytes -= byFeed.get(feedId).acked(ack.batch());
        add(
            acknowledgement()
                .addFeeds(
                    FeedAck.newBuilder()
                        .setFeed(feedId)
                        .setTakenBatch(ack.batch())
                        .setAppliedBatch(ack.batch())));
      } else if (receivedBytes > 0) {
        add(acknowledgement());
      }
    }

    private Ack.Builder acknowledgement() {
      ackedBytes = receivedBytes;
      return Ack.newBuilder().setReceivedBytes(receivedBytes);
    }

    private void add(Ack.Builder ack) {
      add(Frame.newBuilder().setAck(ack));
    }

    private void add(Frame.Builder frame) {
      frames.add(ByteString.fromArrayUnsafe(Frames.encode(frame.build())));
    }

    // ---- From the session

    private void onBytes(ByteString bytes) {
      for (ByteBuffer buffer : bytes.getByteBuffers()) {
        decoder.decode(buffer, this::onFrame);
      }
      // A block that is larger than the window would never end.
      boolean inBlock = byFeed.values().stream().anyMatch(JsonFeed::inBlock);
      if (inBlock && outstandingBytes < OUTSTANDING_BYTES_MAX && receivedBytes > ackedBytes) {
        add(acknowledgement());
      }
    }

    private void onFrame(Frame frame) {
      if (receivedBytes >= 0) {
        receivedBytes += Integer.BYTES + frame.getSerializedSize();
      }
      switch (frame.getMessageCase()) {
        case WELCOME -> onWelcome(frame.getWelcome());
        case SUBSCRIBED -> onSubscribed(frame.getSubscribed());
        case CHUNK -> onChunk(frame.getChunk());
        case HEARTBEAT -> messages.add(HubMessages.heartbeat(frame.getHeartbeat().getSentAtMs()));
        case REFUSAL -> onRefusal(frame.getRefusal());
        case GOODBYE ->
            ending = new CloseException(CloseException.GOING_AWAY, frame.getGoodbye().getReason());
        default -> {
          // Nothing else was asked for.
        }
      }
    }

    private void onWelcome(Welcome welcome) {
      receivedBytes = 0;
      messages.add(HubMessages.welcome(welcome));
    }

    private void onSubscribed(Subscribed subscribed) {
      if (subscribed.hasRefusal()) {
        messages.add(HubMessages.refused(subscribed.getTag(), subscribed.getRefusal()));
        return;
      }
      byFeed.put(subscribed.getFeed().getId(), new JsonFeed(subscribed.getTag()));
      feedOfId.put(subscribed.getTag(), subscribed.getFeed().getId());
      messages.add(HubMessages.subscribed(subscribed.getTag(), subscribed.getFeed()));
    }

    private void onChunk(Chunk chunk) {
      JsonFeed feed = byFeed.get(chunk.getFeed());
      if (feed == null) {
        return; // unsubscribed while it was on its way
      }
      Batch batch = feed.add(chunk);
      if (batch != null) {
        ByteString message =
            HubMessages.batch(feed.id(), chunk.getBatch(), batch, System.currentTimeMillis());
        feed.sent(chunk.getBatch(), message.size());
        outstandingBytes += message.size();
        messages.add(message);
      }
    }

    private void onRefusal(Refusal refusal) {
      messages.add(HubMessages.refused(0, refusal));
      int code =
          switch (refusal.getReason()) {
            case SHUTTING_DOWN -> CloseException.GOING_AWAY;
            case TOO_MANY_SESSIONS -> CloseException.TRY_AGAIN_LATER;
            default -> CloseException.POLICY_VIOLATION;
          };
      ending = new CloseException(code, refusal.getDetail());
    }
  }
}
