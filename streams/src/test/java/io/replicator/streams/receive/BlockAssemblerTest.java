package io.replicator.streams.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Refusal;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockAssemblerTest {
  private static final int BLOCK_BYTES_MAX = 4 << 20;
  private static final int CREDIT_BYTES = 1000;

  private final BlockAssembler assembler = new BlockAssembler(3, BLOCK_BYTES_MAX, CREDIT_BYTES);

  @Test
  void shouldPutChunksTogetherWhateverTheirSizes() {
    var random = new Random(42);
    long batch = 0;
    for (int bytes : new int[] {1, 1023, 1024, 1025, 100_000, 3 << 20}) {
      byte[] block = new byte[bytes];
      random.nextBytes(block);
      batch++;
      byte[] result = null;
      for (int from = 0; from < bytes; ) {
        int to = Math.min(bytes, from + 1 + random.nextInt(2 * 1024));
        assertThat(result).isNull();
        result = assembler.add(chunk(batch, from == 0 ? bytes : 0, to == bytes, block, from, to));
        from = to;
      }
      assertThat(result).isEqualTo(block);
      assembler.taken(batch);
    }
    assertThat(assembler.untakenBytes()).isZero();
  }

  @Test
  void shouldRefuseABlockOverTheLimitBeforeItsContentComes() {
    assertThatThrownBy(() -> assembler.add(chunk(1, BLOCK_BYTES_MAX + 1, false, 1)))
        .isInstanceOfSatisfying(
            WireException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED))
        .hasMessageContaining("feed 3")
        .hasMessageContaining(Integer.toString(BLOCK_BYTES_MAX + 1));
  }

  @Test
  void shouldRefuseBlocksBeyondTwiceTheCredit() {
    assembler.add(chunk(1, 1500, true, 1500));
    assembler.add(chunk(2, 1500, true, 1500));

    assertThatThrownBy(() -> assembler.add(chunk(3, 1, true, 1)))
        .hasMessageContaining("ignored its credit");
    assembler.taken(1);
    assertThat(assembler.add(chunk(3, 1, true, 1))).hasSize(1);
    assertThat(assembler.untakenBytes()).isEqualTo(1501);
  }

  @Test
  void shouldAllowOneBlockOverTheCredit() {
    assertThat(assembler.add(chunk(1, 100_000, true, 100_000))).hasSize(100_000);
  }

  @Test
  void shouldRefuseAGapInBatchNumbers() {
    assembler.add(chunk(1, 1, true, 1));

    assertMalformed(chunk(3, 1, true, 1), "batch 3 after batch 1");
    assertMalformed(chunk(1, 1, true, 1), "batch 1 after batch 1");
  }

  @Test
  void shouldRefuseAChunkOfAnotherBatchWithinABatch() {
    assembler.add(chunk(1, 2, false, 1));

    assertMalformed(chunk(2, 2, true, 1), "batch 2 within batch 1");
  }

  @Test
  void shouldRefuseMoreThanWasDeclared() {
    assembler.add(chunk(1, 2, false, 1));

    assertMalformed(chunk(1, 0, true, 2), "3 bytes at its last chunk, declared are 2");
  }

  @Test
  void shouldRefuseAnEndBeforeWhatWasDeclared() {
    assertMalformed(chunk(1, 3, true, 2), "2 bytes at its last chunk, declared are 3");
  }

  @Test
  void shouldRefuseToGoOnAfterWhatWasDeclared() {
    assertMalformed(chunk(1, 2, false, 2), "goes on");
  }

  @Test
  void shouldRefuseABlockWithoutASize() {
    assertMalformed(chunk(1, 0, true, 0), "of 0 bytes");
    assertMalformed(chunk(1, -1, true, 0), "of 4294967295 bytes");
  }

  private void assertMalformed(Chunk chunk, String detail) {
    assertThatThrownBy(() -> assembler.add(chunk))
        .isInstanceOfSatisfying(
            WireException.class, e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.MALFORMED))
        .hasMessageContaining(detail);
  }

  private static Chunk chunk(long batch, int blockBytes, boolean last, int payloadBytes) {
    return chunk(batch, blockBytes, last, new byte[payloadBytes], 0, payloadBytes);
  }

  private static Chunk chunk(
      long batch, int blockBytes, boolean last, byte[] block, int from, int to) {
    return Chunk.newBuilder()
        .setFeed(3)
        .setBatch(batch)
        .setBlockBytes(blockBytes)
        .setLast(last)
        .setPayload(ByteString.copyFrom(Arrays.copyOfRange(block, from, to)))
        .build();
  }
}
