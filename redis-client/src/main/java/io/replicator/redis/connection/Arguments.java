package io.replicator.redis.connection;

import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.replicator.replication.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Arguments of one command as slices, copied once: into the buffer that is sent. Lettuce's own
 * would make an object and a temporary buffer per argument.
 */
final class Arguments extends CommandArgs<Bytes, Bytes> {
  private static final byte[] CRLF = {'\r', '\n'};
  private static final int FRAME_BYTES_MAX = 16;

  private Bytes[] parts = new Bytes[4];
  private int count;
  private int sizeBytes;

  Arguments() {
    super(BytesCodec.INSTANCE);
  }

  void append(Bytes part) {
    if (count == parts.length) {
      parts = Arrays.copyOf(parts, count * 2);
    }
    parts[count++] = part;
    sizeBytes += part.length() + FRAME_BYTES_MAX;
  }

  Bytes part(int index) {
    return parts[index];
  }

  int sizeBytes() {
    return sizeBytes;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void encode(ByteBuf target) {
    target.ensureWritable(sizeBytes);
    for (int i = 0; i < count; i++) {
      Bytes part = parts[i];
      target.writeByte('$');
      writeLength(target, part.length());
      target.writeBytes(CRLF);
      target.writeBytes(part.array(), part.offset(), part.length());
      target.writeBytes(CRLF);
    }
  }

  private static void writeLength(ByteBuf target, int length) {
    if (length < 10) {
      target.writeByte('0' + length);
    } else if (length < 100) {
      target.writeByte('0' + length / 10);
      target.writeByte('0' + length % 10);
    } else {
      target.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Override
  public String toString() {
    return count + " arguments, " + sizeBytes + " bytes";
  }

  @Override
  public String toCommandString() {
    return toString();
  }
}
