package io.replicator.streams;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Pieces;
import io.replicator.protocol.v1.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads a Pieces message, whose columns stay where they are. */
final class PieceDecoder {
  private final ColumnReader message;
  private final List<byte[]> tags = new ArrayList<>();
  private final List<ColumnReader> rests = new ArrayList<>();
  private ColumnReader shapes;
  private int end;

  PieceDecoder(ColumnReader message) {
    this.message = message;
  }

  ValueColumn decode() {
    byte[] array = message.array();
    int start = message.take(message.bytes());
    CodedInputStream in = CodedInputStream.newInstance(array, start, message.bytes());
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = WireFormat.getTagFieldNumber(tag);
        int wireType = WireFormat.getTagWireType(tag);
        if (number == Pieces.END_FIELD_NUMBER && wireType == WireFormat.WIRETYPE_VARINT) {
          end = in.readUInt32();
        } else if (number >= Pieces.TAGS_FIELD_NUMBER
            && number <= Pieces.RESTS_FIELD_NUMBER
            && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          int length = in.readRawVarint32();
          int from = start + in.getTotalBytesRead();
          in.skipRawBytes(length);
          read(number, new ColumnReader(name(number), array, from, from + length));
        } else if (!in.skipField(tag)) {
          throw message.malformed("ends a group that did not begin");
        }
      }
    } catch (IOException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED, "pieces of a batch are none: " + e.getMessage(), e);
    }
    if (end != (end & 0xff)) {
      throw message.malformed("ends its pieces with " + Integer.toUnsignedString(end));
    }
    if (shapes == null || tags.size() != rests.size()) {
      throw message.malformed("has " + tags.size() + " tags, rests for " + rests.size());
    }
    return new ValueColumn.Joined(
        (byte) end, tags.toArray(byte[][]::new), shapes, rests.toArray(ColumnReader[]::new));
  }

  private void read(int number, ColumnReader column) {
    switch (number) {
      case Pieces.TAGS_FIELD_NUMBER -> {
        checkCount(tags.size());
        if (column.bytes() > PieceForm.TAG_BYTES_MAX) {
          throw new WireException(
              Refusal.Reason.LIMIT_EXCEEDED,
              "tag of "
                  + column.bytes()
                  + " bytes, at most "
                  + PieceForm.TAG_BYTES_MAX
                  + " are allowed");
        }
        byte[] tag = new byte[column.bytes()];
        System.arraycopy(column.array(), column.take(tag.length), tag, 0, tag.length);
        tags.add(tag);
      }
      case Pieces.SHAPES_FIELD_NUMBER -> {
        if (shapes != null) {
          throw message.malformed("has its shapes twice");
        }
        shapes = column;
      }
      default -> {
        checkCount(rests.size());
        rests.add(column);
      }
    }
  }

  private static void checkCount(int count) {
    if (count == PieceForm.TAGS_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "more tags than the " + PieceForm.TAGS_MAX + " that are allowed");
    }
  }

  private static String name(int number) {
    return Pieces.getDescriptor().findFieldByNumber(number).getName();
  }
}
