package io.replicator.streams;

import io.replicator.replication.Bytes;

/** The values of a batch, in whichever of its two layouts they came. */
sealed interface ValueColumn {
  Bytes next();

  /**
   * @throws io.replicator.protocol.WireException if there are more than the records asked for
   */
  void expectEnd(int records);

  /** One after the other: each is a slice of the plain bytes. */
  record Slices(ColumnReader lengths, ColumnReader content) implements ValueColumn {
    @Override
    public Bytes next() {
      int length = lengths.nextLength();
      return Bytes.wrap(content.array(), content.take(length), length);
    }

    @Override
    public void expectEnd(int records) {
      lengths.expectEnd(records);
      content.expectEnd(records);
    }
  }

  /** Cut into pieces: put together in one array for the whole batch. */
  final class Joined implements ValueColumn {
    private final byte end;
    private final byte[][] tags;
    private final ColumnReader shapes;
    private final ColumnReader[] rests;

    /** Exactly as long as all values together. */
    private final byte[] joined;

    private int joinedTo;

    /**
     * @param tags as many as {@code rests}
     * @throws io.replicator.protocol.WireException if the values are over the limit, before they
     *     are allocated
     */
    Joined(byte end, byte[][] tags, ColumnReader shapes, ColumnReader[] rests) {
      this.end = end;
      this.tags = tags;
      this.shapes = shapes;
      this.rests = rests;
      this.joined = new byte[joinedBytes()];
    }

    /**
     * Counts what {@link #next} will write; its sums cannot exceed this whatever the rests hold.
     */
    private int joinedBytes() {
      long repeated = 0;
      long values = 0;
      long pieces = 0;
      while (!shapes.exhausted()) {
        int count = shapes.nextLength();
        if (count == 0) {
          throw shapes.malformed("has a value of no pieces");
        }
        values++;
        pieces += count;
        for (int i = 0; i < count; i++) {
          repeated += tags[nextTag()].length;
        }
      }
      shapes.rewind();
      BatchDecoder.checkRepeated(shapes.name(), repeated);
      long rest = 0;
      for (ColumnReader column : rests) {
        rest += column.bytes();
      }
      // Every piece has a byte for its end among the rests, every value one less in itself.
      if (rest < pieces) {
        throw shapes.malformed("has " + pieces + " pieces, their rests " + rest + " bytes");
      }
      return Math.toIntExact(rest - values + repeated);
    }

    private int nextTag() {
      int tag = shapes.nextLength();
      if (tag >= tags.length) {
        throw shapes.malformed("has tag " + tag + " of " + tags.length);
      }
      return tag;
    }

    @Override
    public Bytes next() {
      int start = joinedTo;
      int count = shapes.nextLength();
      for (int i = 0; i < count; i++) {
        int number = nextTag();
        byte[] tag = tags[number];
        ColumnReader rest = rests[number];
        int length = rest.lengthTo(end);
        int joiner = i > 0 ? 1 : 0;
        // Exceeded only where an end is missing for some later piece.
        if ((long) joiner + tag.length + length > joined.length - joinedTo) {
          throw rest.malformed("has no end for each of its pieces");
        }
        if (joiner > 0) {
          joined[joinedTo++] = end;
        }
        System.arraycopy(tag, 0, joined, joinedTo, tag.length);
        joinedTo += tag.length;
        System.arraycopy(rest.array(), rest.take(length), joined, joinedTo, length);
        joinedTo += length;
        rest.nextByte();
      }
      return Bytes.wrap(joined, start, joinedTo - start);
    }

    @Override
    public void expectEnd(int records) {
      shapes.expectEnd(records);
      for (ColumnReader rest : rests) {
        rest.expectEnd(records);
      }
    }
  }
}
