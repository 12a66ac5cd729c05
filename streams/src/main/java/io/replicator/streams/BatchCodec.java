package io.replicator.streams;

import io.replicator.replication.Batch;

/**
 * Batches as the plain bytes of a block: the columns of the protocol's Batch message, and back.
 *
 * <p>What a batch does not carry: in a load, a decoded record has version 0 and generation 0; in a
 * delta, it has its version, and a header that replaces has that as its generation too, every other
 * record has generation 0. A copy needs no more: the order of records tells what belongs together.
 */
public final class BatchCodec {
  /**
   * Bytes that keys and fields of one batch may share with their predecessors in total: what a
   * batch can grow by when it is decoded. An encoder stops sharing there.
   */
  static final int SHARED_BYTES_MAX = 16 << 20;

  /** Records of one batch: what bounds the objects that a batch of empty records can make. */
  static final int RECORDS_MAX = 10 << 20;

  private BatchCodec() {}

  /**
   * @throws IllegalArgumentException for a batch that the wire cannot carry: over 2 GiB, or a
   *     tombstone in a load
   */
  public static byte[] encode(Batch batch, long pulledAtMs) {
    return new BatchEncoder(batch, pulledAtMs).encode();
  }

  /**
   * The batch in {@code plain}; its keys, fields and values are slices of that array, except keys
   * and fields that share bytes with their predecessors.
   *
   * @throws io.replicator.protocol.WireException where the columns contradict each other or a code
   *     is unknown
   */
  public static Decoded decode(byte[] plain) {
    return new BatchDecoder(plain).decode();
  }

  /**
   * @param pulledAtMs when the hub pulled the batch, by its clock
   */
  public record Decoded(Batch batch, long pulledAtMs) {}
}
