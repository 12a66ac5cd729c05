package io.replicator.protocol;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Frame;
import java.io.IOException;
import java.util.Objects;

/** Frames as bytes: a length of 4 bytes, big-endian, and the message. */
public final class Frames {
  public static final int VERSION_MIN = 1;
  public static final int VERSION_MAX = 1;

  private static final int LENGTH_BYTES = Integer.BYTES;

  private Frames() {}

  public static byte[] encode(Frame frame) {
    int length = frame.getSerializedSize();
    byte[] bytes = new byte[LENGTH_BYTES + length];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, LENGTH_BYTES, length);
      frame.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new IllegalStateException("frame changed while it was written", e);
    }
    putLength(bytes, length);
    return bytes;
  }

  /**
   * The frame of a chunk, without a copy of the payload beyond the one into the result. The payload
   * is {@code [from, to)} of {@code block}; {@code blockBytes} is 0 except in the first chunk of a
   * batch.
   */
  public static byte[] encodeChunk(
      int feed, long batch, int blockBytes, boolean last, byte[] block, int from, int to) {
    Objects.checkFromToIndex(from, to, block.length);
    int payload = to - from;
    int chunk =
        (feed == 0 ? 0 : CodedOutputStream.computeUInt32Size(Chunk.FEED_FIELD_NUMBER, feed))
            + (batch == 0
                ? 0
                : CodedOutputStream.computeUInt64Size(Chunk.BATCH_FIELD_NUMBER, batch))
            + (blockBytes == 0
                ? 0
                : CodedOutputStream.computeUInt32Size(Chunk.BLOCK_BYTES_FIELD_NUMBER, blockBytes))
            + (last ? CodedOutputStream.computeBoolSize(Chunk.LAST_FIELD_NUMBER, true) : 0)
            + (payload == 0
                ? 0
                : CodedOutputStream.computeTagSize(Chunk.PAYLOAD_FIELD_NUMBER)
                    + CodedOutputStream.computeUInt32SizeNoTag(payload)
                    + payload);
    int length =
        CodedOutputStream.computeTagSize(Frame.CHUNK_FIELD_NUMBER)
            + CodedOutputStream.computeUInt32SizeNoTag(chunk)
            + chunk;
    byte[] bytes = new byte[LENGTH_BYTES + length];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, LENGTH_BYTES, length);
      out.writeTag(Frame.CHUNK_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt32NoTag(chunk);
      if (feed != 0) {
        out.writeUInt32(Chunk.FEED_FIELD_NUMBER, feed);
      }
      if (batch != 0) {
        out.writeUInt64(Chunk.BATCH_FIELD_NUMBER, batch);
      }
      if (blockBytes != 0) {
        out.writeUInt32(Chunk.BLOCK_BYTES_FIELD_NUMBER, blockBytes);
      }
      if (last) {
        out.writeBool(Chunk.LAST_FIELD_NUMBER, true);
      }
      if (payload != 0) {
        out.writeByteArray(Chunk.PAYLOAD_FIELD_NUMBER, block, from, payload);
      }
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new IllegalStateException("chunk of " + payload + " bytes miscounted", e);
    }
    putLength(bytes, length);
    return bytes;
  }

  private static void putLength(byte[] bytes, int length) {
    bytes[0] = (byte) (length >>> 24);
    bytes[1] = (byte) (length >>> 16);
    bytes[2] = (byte) (length >>> 8);
    bytes[3] = (byte) length;
  }
}
