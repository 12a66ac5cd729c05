package io.replicator.benchmarks.crowd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The client's half of a WebSocket (RFC 6455), as far as a server of binary messages needs it:
 * fragments are passed on as they come, pings answered, everything else is an error.
 */
final class WebSocketFraming implements Framing {
  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MASK_BYTES = 4;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;
  private static final int FRAME_BYTES_MAX = 16 << 20;

  private final byte[] request;
  private boolean open;

  private WebSocketFraming(int port, String path, String protocol) {
    request =
        ("GET "
                + path
                + " HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + protocol
                + "\r\n")
            .getBytes(StandardCharsets.US_ASCII);
  }

  /** To the sessions of a hub. */
  WebSocketFraming(int port) {
    this(port, "/v1/updates", "Sec-WebSocket-Protocol: replicator.v1.proto\r\n");
  }

  /** To a bare broadcaster. */
  static WebSocketFraming toBroadcaster(int port) {
    return new WebSocketFraming(port, "/", "");
  }

  @Override
  public byte[] greeting() {
    return request;
  }

  @Override
  public boolean open() {
    return open;
  }

  @Override
  public void read(ByteBuffer bytes, Listener listener) throws IOException {
    if (!open) {
      if (!readAnswer(bytes)) {
        return;
      }
      open = true;
      listener.onOpen();
    }
    while (readFrame(bytes, listener)) {}
  }

  private static boolean readAnswer(ByteBuffer bytes) throws IOException {
    int from = bytes.position();
    for (int end = from + 4; end <= bytes.limit(); end++) {
      if (bytes.getInt(end - 4) == 0x0d0a0d0a) {
        byte[] head = new byte[end - from];
        bytes.get(head);
        String text = new String(head, StandardCharsets.US_ASCII);
        if (!text.startsWith("HTTP/1.1 101 ")) {
          throw new IOException("not upgraded: " + text.lines().findFirst().orElse(""));
        }
        return true;
      }
    }
    return false;
  }

  /** Whether there was a whole one. */
  private static boolean readFrame(ByteBuffer bytes, Listener listener) throws IOException {
    int available = bytes.remaining();
    if (available < 2) {
      return false;
    }
    int at = bytes.position();
    int first = bytes.get(at);
    int header = 2;
    long length = bytes.get(at + 1);
    if (length == LENGTH_16) {
      header = 4;
      if (available < header) {
        return false;
      }
      length = bytes.getShort(at + 2) & 0xffff;
    } else if (length == LENGTH_64) {
      header = 10;
      if (available < header) {
        return false;
      }
      length = bytes.getLong(at + 2);
    }
    if (length < 0 || length > FRAME_BYTES_MAX) {
      throw new IOException("a masked frame, or one of " + length + " bytes");
    }
    if (available < header + length) {
      return false;
    }
    int end = bytes.limit();
    int next = at + header + (int) length;
    bytes.position(at + header).limit(next);
    onFrame(first & 0x0f, bytes, listener);
    bytes.limit(end).position(next);
    return true;
  }

  private static void onFrame(int opcode, ByteBuffer payload, Listener listener)
      throws IOException {
    switch (opcode) {
      case CONTINUATION, TEXT, BINARY -> listener.onMessage(payload);
      case PING -> {
        byte[] echoed = new byte[payload.remaining()];
        payload.get(echoed);
        listener.onOwed(masked(PONG, echoed));
      }
      case PONG -> {}
      case CLOSE -> {
        int code = payload.remaining() < 2 ? 0 : payload.getShort();
        throw new IOException(
            "closed with " + code + ": " + StandardCharsets.UTF_8.decode(payload));
      }
      default -> throw new IOException("frame of kind " + opcode);
    }
  }

  @Override
  public ByteBuffer frame(byte[] message) {
    return masked(BINARY, message);
  }

  /** The mask is 0: it may be any, and hides nothing here. */
  private static ByteBuffer masked(int opcode, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(4 + MASK_BYTES + payload.length);
    frame.put((byte) (FIN | opcode));
    if (payload.length < LENGTH_16) {
      frame.put((byte) (MASKED | payload.length));
    } else if (payload.length <= 0xffff) {
      frame.put((byte) (MASKED | LENGTH_16)).putShort((short) payload.length);
    } else {
      throw new IllegalArgumentException("a message of " + payload.length + " bytes");
    }
    return frame.putInt(0).put(payload).flip();
  }
}
