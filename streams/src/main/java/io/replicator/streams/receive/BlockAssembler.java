package io.replicator.streams.receive;

import com.google.protobuf.ByteString;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Refusal;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Puts the chunks of one feed together again, and holds the hub to its credit: {@code
 * untakenBytes() <= creditBytes * 2} whenever a block begins, so a feed's blocks take at most twice
 * the credit and one block. Confined to the receiving stage.
 */
final class BlockAssembler {
  /**
   * What is allocated for a block before its content has come: what a hub declares is not yet worth
   * more.
   */
  private static final int INITIAL_BYTES_MAX = 1 << 20;

  private final int feed;
  private final int blockBytesMax;
  private final long untakenBytesMax;
  private final Deque<Integer> untakenBlocks = new ArrayDeque<>();
  private long untakenBytes;
  private long lastBegun;
  private long lastTaken;

  /** The block under way, {@code filled} bytes of {@code declared}; null between blocks. */
  private byte[] block;

  private int declared;
  private int filled;

  BlockAssembler(int feed, int blockBytesMax, int creditBytes) {
    this.feed = feed;
    this.blockBytesMax = blockBytesMax;
    this.untakenBytesMax = 2L * creditBytes;
  }

  /**
   * @return the block that {@code chunk} completes, otherwise null
   * @throws WireException when the chunk is not the next one of this feed, or over a limit
   */
  byte[] add(Chunk chunk) {
    if (block == null) {
      begin(chunk);
    } else if (chunk.getBatch() != lastBegun) {
      throw malformed("chunk of batch " + chunk.getBatch() + " within batch " + lastBegun);
    }
    ByteString payload = chunk.getPayload();
    int end = filled + payload.size();
    if (end > declared || chunk.getLast() != (end == declared)) {
      throw malformed(
          "batch "
              + lastBegun
              + " has "
              + end
              + (chunk.getLast() ? " bytes at its last chunk" : " bytes and goes on")
              + ", declared are "
              + declared);
    }
    if (end > block.length) {
      block = Arrays.copyOf(block, (int) Math.min(declared, Math.max(end, 2L * block.length)));
    }
    payload.copyTo(block, filled);
    filled = end;
    if (!chunk.getLast()) {
      return null;
    }
    byte[] complete = block;
    block = null;
    return complete;
  }

  private void begin(Chunk first) {
    if (first.getBatch() != lastBegun + 1) {
      throw malformed("batch " + first.getBatch() + " after batch " + lastBegun);
    }
    int bytes = first.getBlockBytes();
    if (bytes <= 0) {
      throw malformed(
          "batch " + first.getBatch() + " of " + Integer.toUnsignedString(bytes) + " bytes");
    }
    if (bytes > blockBytesMax) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "feed "
              + feed
              + ": block of "
              + bytes
              + " bytes, at most "
              + blockBytesMax
              + " are allowed");
    }
    if (untakenBytes > untakenBytesMax) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "feed "
              + feed
              + ": the hub ignored its credit, "
              + untakenBytes
              + " bytes are not taken yet, at most "
              + untakenBytesMax
              + " are allowed");
    }
    lastBegun++;
    untakenBlocks.add(bytes);
    untakenBytes += bytes;
    declared = bytes;
    filled = 0;
    block = new byte[Math.min(bytes, INITIAL_BYTES_MAX)];
  }

  /** Every block up to that of {@code batch} has left the receive queue. */
  void taken(long batch) {
    if (batch > lastBegun) {
      throw new IllegalStateException("batch " + batch + " taken, begun up to " + lastBegun);
    }
    for (; lastTaken < batch; lastTaken++) {
      untakenBytes -= untakenBlocks.remove();
    }
  }

  long untakenBytes() {
    return untakenBytes;
  }

  private WireException malformed(String detail) {
    return new WireException(Refusal.Reason.MALFORMED, "feed " + feed + ": " + detail);
  }
}
