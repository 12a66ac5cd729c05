package io.replicator.redis.apply;

import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Values as {@link io.replicator.replication.DataType} lays them out, and as Redis wants them. */
final class ValueLayouts {
  private ValueLayouts() {}

  /**
   * The parts of a list's or stream entry's value: each an unsigned LEB128 length and that many
   * bytes. Slices of {@code value}.
   *
   * @throws IllegalArgumentException where a length points beyond the value
   */
  static List<Bytes> parts(Bytes value) {
    List<Bytes> parts = new ArrayList<>();
    int at = 0;
    while (at < value.length()) {
      int length = 0;
      int shift = 0;
      byte next;
      do {
        if (at == value.length() || shift > 28) {
          throw new IllegalArgumentException("a length is broken off at byte " + at);
        }
        next = value.at(at++);
        length |= (next & 0x7f) << shift;
        shift += 7;
      } while (next < 0);
      if (length < 0 || length > value.length() - at) {
        throw new IllegalArgumentException(
            "length " + length + " at byte " + at + " of " + value.length());
      }
      parts.add(value.slice(at, at + length));
      at += length;
    }
    return parts;
  }

  /** A score so that Redis reads the same 64 bits: short for integers, exact for all. */
  static String score(Bytes value) {
    double score = Double.longBitsToDouble(longAt(value, 8));
    long integer = (long) score;
    boolean whole = integer == score && Math.abs(score) < 1e15;
    // -0.0 is a score of its own, and no long.
    return whole && (integer != 0 || 1 / score > 0)
        ? Long.toString(integer)
        : Double.toString(score);
  }

  /** {@code milliseconds-sequence}. */
  static String streamId(Bytes field) {
    ByteBuffer id = buffer(field, 16);
    return Long.toUnsignedString(id.getLong()) + "-" + Long.toUnsignedString(id.getLong());
  }

  private static long longAt(Bytes bytes, int length) {
    return buffer(bytes, length).getLong();
  }

  private static ByteBuffer buffer(Bytes bytes, int length) {
    if (bytes.length() != length) {
      throw new IllegalArgumentException(
          "a fixed field has " + bytes.length() + " bytes, expected " + length);
    }
    return ByteBuffer.wrap(bytes.array(), bytes.offset(), length);
  }
}
