package io.replicator.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Refusal;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameDecoderTest {
  private static final Frame GOODBYE =
      Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason("bye")).build();
  private static final Frame ACK =
      Frame.newBuilder().setAck(Ack.newBuilder().setReceivedBytes(1L << 40)).build();

  private final List<Frame> frames = new ArrayList<>();
  private final FrameDecoder decoder = new FrameDecoder(1000);

  private void decode(byte... bytes) {
    decoder.decode(ByteBuffer.wrap(bytes), frames::add);
  }

  @Property
  void shouldFindTheSameFramesWhateverThePiecesAre(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int pieceMax) {
    Random random = new Random(seed);
    List<Frame> sent = new ArrayList<>();
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < 20; i++) {
      byte[] block = new byte[random.nextInt(60)];
      random.nextBytes(block);
      byte[] chunk = Frames.encodeChunk(i, i, block.length, true, block, 0, block.length);
      stream.writeBytes(chunk);
      new FrameDecoder(1000).decode(ByteBuffer.wrap(chunk), sent::add);
    }
    byte[] bytes = stream.toByteArray();
    FrameDecoder pieceDecoder = new FrameDecoder(1000);
    List<Frame> received = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int to = Math.min(bytes.length, at + 1 + random.nextInt(pieceMax));
      ByteBuffer piece =
          random.nextBoolean()
              ? ByteBuffer.wrap(bytes, at, to - at).slice().asReadOnlyBuffer()
              : ByteBuffer.allocateDirect(to - at).put(bytes, at, to - at).flip();
      pieceDecoder.decode(piece, received::add);
      assertThat(piece.hasRemaining()).isFalse();
      at = to;
    }

    assertThat(sent).hasSize(20);
    assertThat(received).isEqualTo(sent);
    assertThat(pieceDecoder.inFrame()).isFalse();
  }

  @Test
  void shouldNotKeepBytesOfABufferThatIsUsedAgain() {
    byte[] chunk = Frames.encodeChunk(1, 1, 3, true, new byte[] {1, 2, 3}, 0, 3);
    ByteBuffer buffer = ByteBuffer.wrap(chunk);

    decoder.decode(buffer, frames::add);
    java.util.Arrays.fill(chunk, (byte) 9);

    assertThat(frames.get(0).getChunk().getPayload().toByteArray()).containsExactly(1, 2, 3);
  }

  @Test
  void shouldPassOverFramesWithoutAMessage() {
    decode(0, 0, 0, 0);
    decode(Frames.encode(GOODBYE));
    // Field 15, two bytes long: a message of the future.
    decode(0, 0, 0, 4, 0x7a, 2, 1, 1);
    decode(Frames.encode(ACK));

    assertThat(frames).containsExactly(GOODBYE, ACK);
  }

  private void decode(int... bytes) {
    byte[] narrowed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      narrowed[i] = (byte) bytes[i];
    }
    decode(narrowed);
  }

  @Test
  void shouldIgnoreUnknownFieldsBesideAMessage() {
    // Goodbye{reason: "x", field 9: 1} and a field 99 of the frame.
    decode(0, 0, 0, 10, 0x42, 5, 0x0a, 1, 'x', 0x48, 1, 0x98, 0x06, 1);

    assertThat(frames).hasSize(1);
    assertThat(frames.get(0).getGoodbye().getReason()).isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(ints = {1001, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
  void shouldRefuseALengthOverTheLimitBeforeItsContentComes(int length) {
    byte[] bytes = ByteBuffer.allocate(4).putInt(length).array();

    assertThatThrownBy(() -> decode(bytes))
        .isInstanceOfSatisfying(
            WireException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED))
        .hasMessageContaining(Integer.toUnsignedString(length))
        .hasMessageContaining("1000");
  }

  @Test
  void shouldTakeAFrameOfExactlyTheLimit() {
    byte[] block = new byte[1000];
    int overhead = Frames.encodeChunk(1, 1, 990, true, block, 0, 990).length - 990 - 4;
    byte[] chunk = Frames.encodeChunk(1, 1, 990, true, block, 0, 1000 - overhead);
    assertThat(chunk).hasSize(1004);

    decode(chunk);

    assertThat(frames).hasSize(1);
  }

  @Test
  void shouldRefuseHttp() {
    byte[] request = "GET / HTTP/1.1\r\nHost: hub\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> decode(request))
        .isInstanceOf(WireException.class)
        .hasMessage(
            "frame of 1195725856 bytes, at most 1000 are allowed;"
                + " the bytes look like text of another protocol");
  }

  @Test
  void shouldRefuseContentThatIsNoFrame() {
    assertThatThrownBy(() -> decode(0, 0, 0, 3, 0x42, 9, 0))
        .isInstanceOfSatisfying(
            WireException.class, e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.MALFORMED));
  }

  @Test
  void shouldKnowThatAFrameIsTorn() {
    byte[] bytes = Frames.encode(GOODBYE);
    for (int length = 1; length < bytes.length; length++) {
      FrameDecoder torn = new FrameDecoder(1000);
      torn.decode(ByteBuffer.wrap(bytes, 0, length), frames::add);

      assertThat(torn.inFrame()).isTrue();
    }
    assertThat(frames).isEmpty();
  }

  @Property
  void shouldTakeOrRefuseRandomBytes(@ForAll byte[] bytes) {
    try {
      new FrameDecoder(1000).decode(ByteBuffer.wrap(bytes), frame -> {});
    } catch (WireException e) {
      assertThat(e.reason()).isIn(Refusal.Reason.LIMIT_EXCEEDED, Refusal.Reason.MALFORMED);
    }
  }

  @Property
  void shouldTakeOrRefuseRandomContent(@ForAll byte[] content) {
    byte[] bytes =
        ByteBuffer.allocate(4 + content.length).putInt(content.length).put(content).array();
    try {
      new FrameDecoder(1 << 20).decode(ByteBuffer.wrap(bytes), frame -> {});
    } catch (WireException e) {
      assertThat(e.reason()).isEqualTo(Refusal.Reason.MALFORMED);
    }
  }

  @Test
  void shouldTakeOrRefuseFlippedBits() {
    byte[] bytes = Frames.encode(ACK);
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        new FrameDecoder(1000).decode(ByteBuffer.wrap(flipped), frame -> {});
      } catch (WireException e) {
        assertThat(e.reason()).isIn(Refusal.Reason.LIMIT_EXCEEDED, Refusal.Reason.MALFORMED);
      }
    }
  }
}
