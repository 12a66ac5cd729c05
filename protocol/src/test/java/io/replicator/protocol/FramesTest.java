package io.replicator.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Frame;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class FramesTest {
  @Property
  void shouldWriteChunksAsProtobufDoes(
      @ForAll int feed,
      @ForAll long batch,
      @ForAll int blockBytes,
      @ForAll boolean last,
      @ForAll byte[] block,
      @ForAll int a,
      @ForAll int b) {
    int x = Math.floorMod(a, block.length + 1);
    int y = Math.floorMod(b, block.length + 1);
    int from = Math.min(x, y);
    int to = Math.max(x, y);
    Frame generated =
        Frame.newBuilder()
            .setChunk(
                Chunk.newBuilder()
                    .setFeed(feed)
                    .setBatch(batch)
                    .setBlockBytes(blockBytes)
                    .setLast(last)
                    .setPayload(ByteString.copyFrom(block, from, to - from)))
            .build();

    assertThat(Frames.encodeChunk(feed, batch, blockBytes, last, block, from, to))
        .isEqualTo(Frames.encode(generated));
  }

  @Test
  void shouldWriteTheEmptyChunkAsProtobufDoes() {
    Frame generated = Frame.newBuilder().setChunk(Chunk.getDefaultInstance()).build();

    assertThat(Frames.encodeChunk(0, 0, 0, false, new byte[0], 0, 0))
        .isEqualTo(Frames.encode(generated));
  }

  @Test
  void shouldRefuseAPayloadOutsideOfTheBlock() {
    assertThatThrownBy(() -> Frames.encodeChunk(1, 1, 1, true, new byte[4], 2, 5))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
