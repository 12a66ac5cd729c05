package io.replicator.http.updates;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Chunk;
import io.replicator.replication.Batch;
import io.replicator.streams.BatchCodec;
import java.util.ArrayDeque;

/**
 * A subscription of a JSON session: puts its blocks together, and knows which of its messages the
 * client has not acknowledged. Confined to its {@link JsonStage}.
 */
final class JsonFeed {
  private final int id;
  private byte[] block;
  private int filled;
  private long sentBatch;
  private long ackedBatch;

  // Bytes of the messages with the batches ackedBatch + 1 … sentBatch.
  private final ArrayDeque<Integer> outstanding = new ArrayDeque<>(2);

  /**
   * @param id that the client chose
   */
  JsonFeed(int id) {
    this.id = id;
  }

  int id() {
    return id;
  }

  /** Whether a block has begun and not ended. */
  boolean inBlock() {
    return block != null;
  }

  /** The batch that {@code chunk} completes, otherwise null. */
  Batch add(Chunk chunk) {
    if (block == null) {
      block = new byte[chunk.getBlockBytes()];
      filled = 0;
    }
    chunk.getPayload().copyTo(block, filled);
    filled += chunk.getPayload().size();
    if (!chunk.getLast()) {
      return null;
    }
    byte[] complete = block;
    block = null;
    // Dictionaries were not asked for.
    byte[] plain = Blocks.decode(complete, WireLimits.DEFAULT, dictionary -> null);
    return BatchCodec.decode(plain).batch();
  }

  void sent(long batch, int bytes) {
    sentBatch = batch;
    outstanding.add(bytes);
  }

  /**
   * @return how many bytes are not outstanding any more
   * @throws CloseException for a batch that was never sent, or was acknowledged before
   */
  int acked(long batch) {
    if (batch <= ackedBatch || batch > sentBatch) {
      throw new CloseException(
          CloseException.POLICY_VIOLATION,
          "ack of batch %d of subscription %d, allowed are %d to %d"
              .formatted(batch, id, ackedBatch + 1, sentBatch));
    }
    int bytes = 0;
    for (; ackedBatch < batch; ackedBatch++) {
      bytes += outstanding.remove();
    }
    return bytes;
  }

  int outstandingBytes() {
    return outstanding.stream().mapToInt(Integer::intValue).sum();
  }
}
