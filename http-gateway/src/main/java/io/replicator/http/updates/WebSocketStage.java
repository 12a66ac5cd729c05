package io.replicator.http.updates;

import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Refusal;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * The WebSocket protocol (RFC 6455), on a hub, after the handshake: between the connection and what
 * speaks the subprotocol. It stands in for the layers of Pekko HTTP, which for each connection take
 * a multiple of the memory, have a timer, and close with no other code than 1000 or 1011.
 *
 * <pre>
 *   OPEN ──client's Close──▶ answered, ended
 *     └──subprotocol completes, fails; client breaks the rules──▶ CLOSING: Close is sent;
 *                             ends with the client's Close, its connection, or after a while
 * </pre>
 *
 * <p><b>Emits</b> inwards what data comes: of {@link WebSocketKind#BINARY} as it comes, of {@link
 * WebSocketKind#TEXT} message by message. Outwards each element from within as one message, and
 * answers to pings ahead of them, of which only the newest waits.
 *
 * <p><b>Backpressures</b> the client while the subprotocol has no demand, and the subprotocol while
 * the connection has none. Memory: what one read of the connection holds, and of text one message.
 *
 * <p><b>Closes</b> with 1000 when the subprotocol completes, with the code of a {@link
 * CloseException} that it fails with, otherwise with 1011, or 1001 when the hub stops.
 */
final class WebSocketStage
    extends GraphStage<BidiShape<ByteString, ByteString, ByteString, ByteString>> {
  /** How long a client may take to answer a Close, or to take it. */
  private static final Duration LINGER_TIME = Duration.ofSeconds(2);

  private final Inlet<ByteString> clientIn = Inlet.create("WebSocket.client.in");
  private final Outlet<ByteString> dataOut = Outlet.create("WebSocket.data.out");
  private final Inlet<ByteString> dataIn = Inlet.create("WebSocket.data.in");
  private final Outlet<ByteString> clientOut = Outlet.create("WebSocket.client.out");
  private final BidiShape<ByteString, ByteString, ByteString, ByteString> shape =
      BidiShape.of(clientIn, dataOut, dataIn, clientOut);

  private final WebSocketKind kind;
  private final long messageBytesMax;

  WebSocketStage(WebSocketKind kind, long messageBytesMax) {
    this.kind = kind;
    this.messageBytesMax = messageBytesMax;
  }

  @Override
  public BidiShape<ByteString, ByteString, ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic implements FrameReader.Listener {
    private final FrameReader reader = new FrameReader(kind, messageBytesMax, this);
    // What the last read brought and the subprotocol has not taken.
    private final ArrayDeque<ByteString> inward = new ArrayDeque<>(1);
    private ByteArrayOutputStream text;
    // What waits for the connection's demand, in this order.
    private ByteString pong;
    private ByteString message;
    private ByteString close;
    private boolean closing;
    private boolean clientClosed;
    private boolean placeLost;

    Logic() {
      super(shape);
      setHandler(
          clientIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              onBytes(grab(clientIn));
            }

            @Override
            public void onUpstreamFinish() {
              completeStage();
            }
          });
      setHandler(
          dataOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              flushInward();
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              // Its other half tells why; meanwhile a Close is waited for.
              inward.clear();
              pullClient();
            }
          });
      setHandler(
          dataIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              message = FrameWriter.frame(kind.opcode(), grab(dataIn));
              flushOutward();
            }

            @Override
            public void onUpstreamFinish() {
              close(CloseException.NORMAL, "");
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              close(codeOf(failure), reasonOf(failure));
            }
          });
      setHandler(
          clientOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              flushOutward();
            }
          });
    }

    // ---- From the client

    private void onBytes(ByteString bytes) {
      try {
        for (ByteBuffer buffer : bytes.getByteBuffers()) {
          if (!placeLost) {
            reader.read(buffer);
          }
        }
      } catch (CloseException e) {
        placeLost = true;
        close(e.code(), e.getMessage());
      }
      flushInward();
    }

    @Override
    public void onData(byte[] bytes, boolean last) {
      if (closing) {
        return;
      }
      if (kind == WebSocketKind.BINARY || (last && text == null)) {
        inward.add(ByteString.fromArrayUnsafe(bytes));
        return;
      }
      text = text == null ? new ByteArrayOutputStream(bytes.length) : text;
      text.writeBytes(bytes);
      if (last) {
        inward.add(ByteString.fromArrayUnsafe(text.toByteArray()));
        text = null;
      }
    }

    @Override
    public void onPing(byte[] content) {
      pong = FrameWriter.frame(WebSocketKind.OPCODE_PONG, ByteString.fromArrayUnsafe(content));
      flushOutward();
    }

    @Override
    public void onClose(int code, String reason) {
      clientClosed = true;
      if (closing && close == null) {
        completeStage();
      } else {
        close(code, reason);
      }
    }

    private void flushInward() {
      if (isClosed(dataOut)) {
        inward.clear();
      } else if (!inward.isEmpty()) {
        if (isAvailable(dataOut)) {
          push(dataOut, inward.remove());
        }
        return;
      }
      pullClient();
    }

    private void pullClient() {
      boolean wanted = closing || isClosed(dataOut) || isAvailable(dataOut);
      if (wanted && inward.isEmpty() && !isClosed(clientIn) && !hasBeenPulled(clientIn)) {
        pull(clientIn);
      }
    }

    // ---- To the client

    private void flushOutward() {
      if (!isAvailable(clientOut)) {
        return;
      }
      if (pong != null) {
        push(clientOut, pong);
        pong = null;
      } else if (message != null) {
        push(clientOut, message);
        message = null;
      } else if (close != null) {
        push(clientOut, close);
        close = null;
        if (clientClosed) {
          completeStage();
        }
      } else if (!closing && !isClosed(dataIn) && !hasBeenPulled(dataIn)) {
        pull(dataIn);
      }
    }

    private void close(int code, String reason) {
      if (closing) {
        return;
      }
      closing = true;
      close = FrameWriter.close(code, reason);
      scheduleOnce("linger", LINGER_TIME);
      inward.clear();
      complete(dataOut);
      flushOutward();
      pullClient();
    }

    @Override
    public void onTimer(Object key) {
      completeStage();
    }

    private static int codeOf(Throwable failure) {
      if (failure instanceof CloseException e) {
        return e.code();
      }
      return failure instanceof WireException e && e.reason() == Refusal.Reason.SHUTTING_DOWN
          ? CloseException.GOING_AWAY
          : CloseException.INTERNAL_ERROR;
    }

    private static String reasonOf(Throwable failure) {
      return failure instanceof CloseException || failure instanceof WireException
          ? failure.getMessage()
          : "the hub failed; its log tells more";
    }
  }
}
