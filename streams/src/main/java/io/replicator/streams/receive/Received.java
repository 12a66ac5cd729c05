package io.replicator.streams.receive;

import java.util.List;

/** What the receiving stage hands on: first the session, then blocks. */
sealed interface Received {
  /** The handshake is done. */
  record Opened(Session session, Dictionaries dictionaries) implements Received {}

  /** What a read completed, in the order it came. */
  record Blocks(List<Block> blocks) implements Received {}

  /** A block as it came, not decoded. */
  final class Block {
    /** Index in {@link Session#feeds()}. */
    final int feed;

    /** Number within the feed, from 1. */
    final long batch;

    /** Owned by the receiver. */
    final byte[] bytes;

    Block(int feed, long batch, byte[] bytes) {
      this.feed = feed;
      this.batch = batch;
      this.bytes = bytes;
    }
  }
}
