package io.replicator.http.updates;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Cuts what a client sends over a WebSocket into its frames (RFC 6455, section 5), whatever pieces
 * the bytes come in. Not thread-safe.
 *
 * <p>Data is passed on as it comes, unmasked, and never collected: memory does not depend on what a
 * length says. Control frames are at most 125 bytes.
 *
 * <p>After a {@link CloseException} the place in the stream is lost: the connection has to end.
 */
final class FrameReader {
  private static final int FIN = 0x80;
  private static final int RESERVED = 0x70;
  private static final int OPCODE = 0x0f;
  private static final int MASKED = 0x80;
  private static final int LENGTH = 0x7f;
  private static final int CONTROL = 0x8;
  private static final int CONTROL_BYTES_MAX = 125;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;
  private static final int MASK_BYTES = 4;

  private final WebSocketKind kind;
  private final long messageBytesMax;
  private final Listener listener;

  // The header under way: 2 to 14 bytes.
  private final byte[] header = new byte[14];
  private int headerRead;
  private int headerLength = 2;

  // The frame under way, once its header is there.
  private boolean inFrame;
  private int opcode;
  private boolean fin;
  private long left;
  private int maskAt;
  private byte[] control;

  private boolean inMessage;
  private long messageBytes;

  /** What frames mean. */
  interface Listener {
    /**
     * A part of a message.
     *
     * @param bytes the receiver's own
     * @param last of its message
     */
    void onData(byte[] bytes, boolean last);

    void onPing(byte[] content);

    /**
     * @param code 1000 where the client gave none
     */
    void onClose(int code, String reason);
  }

  /**
   * @param kind of the only messages that are taken
   */
  FrameReader(WebSocketKind kind, long messageBytesMax, Listener listener) {
    this.kind = kind;
    this.messageBytesMax = messageBytesMax;
    this.listener = listener;
  }

  /**
   * Takes all of {@code bytes}.
   *
   * @throws CloseException for what the standard or a limit does not allow
   */
  void read(ByteBuffer bytes) {
    while (true) {
      if (!inFrame) {
        if (!readHeader(bytes)) {
          return;
        }
        beginFrame();
      }
      if (left > 0 && !bytes.hasRemaining()) {
        return;
      }
      readPayload(bytes);
    }
  }

  private boolean readHeader(ByteBuffer bytes) {
    while (headerRead < headerLength) {
      if (!bytes.hasRemaining()) {
        return false;
      }
      header[headerRead++] = bytes.get();
      if (headerRead == 2) {
        checkBeginning();
        int length = header[1] & LENGTH;
        headerLength = 2 + MASK_BYTES + (length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0);
      }
    }
    return true;
  }

  private void checkBeginning() {
    if ((header[0] & RESERVED) != 0) {
      throw protocolError("reserved bits are set, though no extension was agreed on");
    }
    if ((header[1] & MASKED) == 0) {
      throw protocolError("a frame of a client is not masked");
    }
    opcode = header[0] & OPCODE;
    fin = (header[0] & FIN) != 0;
    if (opcode >= CONTROL && (!fin || (header[1] & LENGTH) > CONTROL_BYTES_MAX)) {
      throw protocolError("a control frame in fragments, or over " + CONTROL_BYTES_MAX + " bytes");
    }
  }

  private void beginFrame() {
    ByteBuffer fields = ByteBuffer.wrap(header);
    int length = header[1] & LENGTH;
    left =
        length == LENGTH_16 ? fields.getChar(2) : length == LENGTH_64 ? fields.getLong(2) : length;
    maskAt = 0;
    inFrame = true;
    switch (opcode) {
      case WebSocketKind.OPCODE_CONTINUATION -> {
        if (!inMessage) {
          throw protocolError("a continuation of no message");
        }
      }
      case WebSocketKind.OPCODE_TEXT, WebSocketKind.OPCODE_BINARY -> {
        if (inMessage) {
          throw protocolError("a message begins within another");
        }
        if (opcode != kind.opcode()) {
          throw new CloseException(
              CloseException.UNSUPPORTED_DATA, "this subprotocol has " + kind.text() + " only");
        }
        inMessage = true;
        messageBytes = 0;
      }
      case WebSocketKind.OPCODE_CLOSE, WebSocketKind.OPCODE_PING, WebSocketKind.OPCODE_PONG ->
          control = new byte[(int) left];
      default -> throw protocolError("opcode " + opcode + " is unknown");
    }
    if (opcode < CONTROL) {
      if (left < 0 || left > messageBytesMax - messageBytes) {
        throw new CloseException(
            CloseException.TOO_BIG,
            "a message of more than the " + messageBytesMax + " bytes that are allowed");
      }
      messageBytes += left;
    }
  }

  private void readPayload(ByteBuffer bytes) {
    int count = (int) Math.min(left, bytes.remaining());
    if (opcode >= CONTROL) {
      int at = control.length - (int) left;
      bytes.get(control, at, count);
      unmask(control, at, count);
      left -= count;
      if (left == 0) {
        endFrame();
        onControl();
      }
      return;
    }
    byte[] piece = new byte[count];
    bytes.get(piece);
    unmask(piece, 0, count);
    left -= count;
    boolean last = left == 0 && fin;
    if (left == 0) {
      endFrame();
      inMessage = !last;
    }
    if (count > 0 || last) {
      listener.onData(piece, last);
    }
  }

  private void unmask(byte[] bytes, int from, int count) {
    int mask = headerLength - MASK_BYTES;
    for (int i = from; i < from + count; i++) {
      bytes[i] ^= header[mask + (maskAt++ & 3)];
    }
    maskAt &= 3;
  }

  private void endFrame() {
    inFrame = false;
    headerRead = 0;
    headerLength = 2;
  }

  private void onControl() {
    byte[] content = control;
    control = null;
    if (opcode == WebSocketKind.OPCODE_PING) {
      listener.onPing(content);
    } else if (opcode == WebSocketKind.OPCODE_CLOSE) {
      if (content.length == 1) {
        throw protocolError("a close code of one byte");
      }
      int code = content.length == 0 ? CloseException.NORMAL : ByteBuffer.wrap(content).getChar();
      String reason =
          content.length <= 2
              ? ""
              : new String(content, 2, content.length - 2, StandardCharsets.UTF_8);
      listener.onClose(code, reason);
    }
  }

  private static CloseException protocolError(String reason) {
    return new CloseException(CloseException.PROTOCOL_ERROR, reason);
  }
}
