package io.replicator.http.updates;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/** Frames of a server: never masked, never in fragments. */
final class FrameWriter {
  private static final int FIN = 0x80;
  private static final int CLOSE_REASON_BYTES_MAX = 123;

  private FrameWriter() {}

  /** One array with header and content: a copy costs less than a rope on the way to the socket. */
  static ByteString frame(int opcode, ByteString content) {
    int length = content.size();
    int header = length < 126 ? 2 : length < 0x1_0000 ? 4 : 10;
    byte[] bytes = new byte[header + length];
    bytes[0] = (byte) (FIN | opcode);
    if (length < 126) {
      bytes[1] = (byte) length;
    } else if (length < 0x1_0000) {
      bytes[1] = 126;
      bytes[2] = (byte) (length >>> 8);
      bytes[3] = (byte) length;
    } else {
      bytes[1] = 127;
      for (int i = 0; i < 4; i++) {
        bytes[6 + i] = (byte) (length >>> (24 - 8 * i));
      }
    }
    content.copyToArray(bytes, header, length);
    return ByteString.fromArrayUnsafe(bytes);
  }

  static ByteString close(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, CLOSE_REASON_BYTES_MAX);
    // Not within a character.
    while (length < text.length && length > 0 && (text[length] & 0xc0) == 0x80) {
      length--;
    }
    byte[] content = new byte[2 + length];
    content[0] = (byte) (code >>> 8);
    content[1] = (byte) code;
    System.arraycopy(text, 0, content, 2, length);
    return frame(WebSocketKind.OPCODE_CLOSE, ByteString.fromArrayUnsafe(content));
  }
}
