package io.replicator.streams;

import com.google.protobuf.WireFormat;
import io.replicator.protocol.v1.Pieces;
import io.replicator.replication.Bytes;
import java.util.Arrays;

/**
 * Cuts the values of one batch into pieces and gathers the rests of each tag. Values of the same
 * form compress by a fifth to a quarter better this way, as like stands beside like.
 */
final class PieceEncoder {
  private static final int TABLE_SLOTS = 4 * PieceForm.TAGS_MAX;

  private final PieceForm form;
  private final byte[][] tags = new byte[PieceForm.TAGS_MAX][];
  private final GrowingBytes[] rests = new GrowingBytes[PieceForm.TAGS_MAX];

  /** The tag that came after this one the last time: nearly always the one that comes again. */
  private final int[] successors = new int[PieceForm.TAGS_MAX];

  /** Tags by hash, open addressing; 0 for none, as the empty tag is never looked up. */
  private final byte[] table = new byte[TABLE_SLOTS];

  private final GrowingBytes shapes = new GrowingBytes(1024);
  private int tagCount;
  private int[] shape = new int[32];

  PieceEncoder(PieceForm form) {
    this.form = form;
    addTag(new byte[0]);
  }

  void add(Bytes value) {
    byte[] array = value.array();
    int at = value.offset();
    int to = at + value.length();
    int pieces = 0;
    int before = 0;
    while (true) {
      int tag = tagAt(array, at, to, before);
      int restFrom = at + tags[tag].length;
      int end = form.endOfPiece(array, restFrom, to);
      GrowingBytes rest = rests[tag];
      rest.put(array, restFrom, end);
      rest.put(form.end());
      if (pieces == shape.length) {
        shape = Arrays.copyOf(shape, 2 * shape.length);
      }
      shape[pieces++] = tag;
      successors[before] = tag;
      before = tag;
      if (end == to) {
        break;
      }
      at = end + 1;
    }
    shapes.putVarint(pieces);
    for (int i = 0; i < pieces; i++) {
      shapes.put((byte) shape[i]);
    }
  }

  private int tagAt(byte[] array, int from, int to, int before) {
    int likely = successors[before];
    int likelyEnd = from + tags[likely].length;
    if (likely != 0 && likelyEnd <= to && PieceForm.equal(array, from, likelyEnd, tags[likely])) {
      return likely;
    }
    // The mark has to come before the end of the piece.
    int pieceEnd = form.endOfPiece(array, from, Math.min(to, from + PieceForm.TAG_BYTES_MAX));
    int tagEnd = form.endOfTag(array, from, pieceEnd);
    return tagEnd == from ? 0 : lookUp(array, from, tagEnd);
  }

  private int lookUp(byte[] array, int from, int to) {
    int slot = (PieceForm.hash(array, from, to) >>> 16) % TABLE_SLOTS;
    while (table[slot] != 0) {
      if (PieceForm.equal(array, from, to, tags[table[slot]])) {
        return table[slot];
      }
      slot = (slot + 1) % TABLE_SLOTS;
    }
    if (tagCount == PieceForm.TAGS_MAX) {
      return 0;
    }
    table[slot] = (byte) tagCount;
    return addTag(Arrays.copyOfRange(array, from, to));
  }

  private int addTag(byte[] tag) {
    tags[tagCount] = tag;
    rests[tagCount] = new GrowingBytes(256);
    return tagCount++;
  }

  /** Length of the Pieces message. */
  long bytes() {
    int end = form.end();
    long bytes = 1 + ColumnWriter.varintBytes(end) + delimited(shapes.size());
    for (int i = 0; i < tagCount; i++) {
      bytes += delimited(tags[i].length) + delimited(rests[i].size());
    }
    return bytes;
  }

  private static long delimited(int bytes) {
    return 1 + ColumnWriter.varintBytes(bytes) + (long) bytes;
  }

  void write(ColumnWriter out) {
    out.putTag(Pieces.END_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
    out.putVarint((int) form.end());
    for (int i = 0; i < tagCount; i++) {
      out.putDelimited(Pieces.TAGS_FIELD_NUMBER, tags[i], tags[i].length);
    }
    out.putDelimited(Pieces.SHAPES_FIELD_NUMBER, shapes.array(), shapes.size());
    for (int i = 0; i < tagCount; i++) {
      out.putDelimited(Pieces.RESTS_FIELD_NUMBER, rests[i].array(), rests[i].size());
    }
  }
}
