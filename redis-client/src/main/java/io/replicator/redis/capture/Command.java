package io.replicator.redis.capture;

import io.replicator.replication.Bytes;

/** One command of the source's stream. Immutable. */
final class Command {
  private final Bytes[] args;
  private final long endOffset;
  private final long oversizeBytes;

  /**
   * @param args the name and what follows it, at least the name; handed over
   * @param endOffset replication offset after its last byte
   * @param oversizeBytes length of the longest argument over the limit, which then is empty in
   *     {@code args}; 0 where there is none
   */
  Command(Bytes[] args, long endOffset, long oversizeBytes) {
    this.args = args;
    this.endOffset = endOffset;
    this.oversizeBytes = oversizeBytes;
  }

  Bytes name() {
    return args[0];
  }

  /** Not to be modified. */
  Bytes[] args() {
    return args;
  }

  long endOffset() {
    return endOffset;
  }

  long oversizeBytes() {
    return oversizeBytes;
  }

  @Override
  public String toString() {
    return args[0] + " with " + (args.length - 1) + " arguments at offset " + endOffset;
  }
}
