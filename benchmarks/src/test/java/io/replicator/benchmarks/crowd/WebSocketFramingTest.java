package io.replicator.benchmarks.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketFramingTest implements Framing.Listener {
  private static final int BINARY = 0x82;

  private final Framing framing = new WebSocketFraming(8079);
  private final List<byte[]> messages = new ArrayList<>();
  private final List<byte[]> owed = new ArrayList<>();
  private int opened;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 100, 1_000_000})
  void shouldFindTheSameMessagesWhateverThePiecesAre(int pieceBytes) throws IOException {
    List<byte[]> sent = new ArrayList<>();
    var stream = new ByteArrayOutputStream();
    stream.writeBytes(upgraded());
    // Around each border of the three forms of a length.
    for (int length : new int[] {0, 1, 125, 126, 127, 65_535, 65_536, 100_000}) {
      byte[] message = new byte[length];
      new Random(length).nextBytes(message);
      sent.add(message);
      stream.writeBytes(frame(BINARY, message));
    }

    read(stream.toByteArray(), pieceBytes);

    assertThat(opened).isEqualTo(1);
    assertThat(messages).hasSameSizeAs(sent);
    for (int i = 0; i < sent.size(); i++) {
      assertThat(messages.get(i)).isEqualTo(sent.get(i));
    }
  }

  @Test
  void shouldAnswerPings() throws IOException {
    read(upgraded(), 1000);
    read(frame(0x89, ascii("here?")), 1000);

    assertThat(messages).isEmpty();
    assertThat(owed)
        .containsExactly(
            new byte[] {(byte) 0x8a, (byte) 0x85, 0, 0, 0, 0, 'h', 'e', 'r', 'e', '?'});
  }

  @Test
  void shouldTellWhyTheServerCloses() throws IOException {
    read(upgraded(), 1000);

    assertThatThrownBy(() -> read(frame(0x88, ascii("\u0003\u00e9enough")), 1000))
        .hasMessage("closed with 1001: enough");
  }

  @Test
  void shouldFailWhereTheServerDoesNotUpgrade() {
    assertThatThrownBy(
            () -> read(ascii("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n\r\n"), 1000))
        .hasMessage("not upgraded: HTTP/1.1 426 Upgrade Required");
  }

  @Test
  void shouldMaskWhatItSendsAsClientsMust() {
    ByteBuffer frame = framing.frame(new byte[300]);

    assertThat(frame.get() & 0xff).isEqualTo(BINARY);
    assertThat(frame.get() & 0xff).isEqualTo(0x80 | 126);
    assertThat(frame.getShort()).isEqualTo((short) 300);
    assertThat(frame.remaining()).isEqualTo(4 + 300);
  }

  private void read(byte[] bytes, int pieceBytes) throws IOException {
    var remainder = new Remainder();
    for (int at = 0; at < bytes.length; at += pieceBytes) {
      ByteBuffer piece = ByteBuffer.wrap(bytes, at, Math.min(pieceBytes, bytes.length - at));
      ByteBuffer all = remainder.with(piece);
      framing.read(all, this);
      remainder.keep(all);
    }
  }

  private static byte[] frame(int first, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(10 + payload.length).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) payload.length);
    } else if (payload.length < 65_536) {
      frame.put((byte) 126).putShort((short) payload.length);
    } else {
      frame.put((byte) 127).putLong(payload.length);
    }
    frame.put(payload).flip();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return bytes;
  }

  private static byte[] upgraded() {
    return ascii("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void onOpen() {
    opened++;
  }

  @Override
  public void onMessage(ByteBuffer message) {
    messages.add(bytes(message));
  }

  @Override
  public void onOwed(ByteBuffer frame) {
    owed.add(bytes(frame));
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
