package io.replicator.streams;

import io.replicator.replication.Bytes;

/**
 * Reads keys or fields that share leading bytes with their predecessors. One that shares none is a
 * slice of the plain bytes; the others are put together in one array for the whole batch.
 */
final class SharedColumn {
  private final ColumnReader shares;
  private final ColumnReader rests;
  private final ColumnReader content;

  /** Exactly as long as all that share something, together. */
  private final byte[] rebuilt;

  private int rebuiltTo;
  private Bytes before = Bytes.EMPTY;

  /**
   * @throws io.replicator.protocol.WireException if what is to be shared is over the limit, before
   *     it is allocated
   */
  SharedColumn(ColumnReader shares, ColumnReader rests, ColumnReader content) {
    this.shares = shares;
    this.rests = rests;
    this.content = content;
    this.rebuilt = new byte[rebuiltBytes(shares, rests)];
  }

  private static int rebuiltBytes(ColumnReader shares, ColumnReader rests) {
    long shared = 0;
    long total = 0;
    while (!shares.exhausted()) {
      int share = shares.nextLength();
      int rest = rests.nextLength();
      shared += share;
      total += share == 0 ? 0 : (long) share + rest;
    }
    BatchDecoder.checkRepeated(shares.name(), shared);
    // What is not shared is among the plain bytes, or a rest is wrong.
    if (total - shared > rests.array().length) {
      throw rests.malformed("adds up to more than the whole batch has");
    }
    shares.rewind();
    rests.rewind();
    return (int) total;
  }

  Bytes next() {
    int share = shares.bytes() == 0 ? 0 : shares.nextLength();
    int rest = rests.nextLength();
    int from = content.take(rest);
    if (share == 0) {
      before = Bytes.wrap(content.array(), from, rest);
      return before;
    }
    if (share > before.length()) {
      throw shares.malformed("shares " + share + " bytes with a predecessor of " + before.length());
    }
    int start = rebuiltTo;
    System.arraycopy(before.array(), before.offset(), rebuilt, start, share);
    System.arraycopy(content.array(), from, rebuilt, start + share, rest);
    rebuiltTo = start + share + rest;
    before = Bytes.wrap(rebuilt, start, share + rest);
    return before;
  }

  void expectEnd(int records) {
    shares.expectEnd(records);
    rests.expectEnd(records);
    content.expectEnd(records);
  }
}
