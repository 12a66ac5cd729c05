package io.replicator.redis.capture;

import io.replicator.replication.Bytes;

/** Ids of stream entries: as fields 16 bytes, big-endian, so that byte order is id order. */
final class StreamIds {
  private StreamIds() {}

  static Bytes field(long ms, long sequence) {
    byte[] bytes = new byte[16];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (ms >>> (56 - 8 * i));
      bytes[8 + i] = (byte) (sequence >>> (56 - 8 * i));
    }
    return Bytes.wrap(bytes);
  }

  /**
   * An id as commands write it, {@code 1526919030474-55} or its milliseconds alone.
   *
   * @param missingSequence what stands for a sequence that is not given
   */
  static Bytes parse(Bytes text, long missingSequence) {
    String id = text.asUtf8();
    int dash = id.indexOf('-');
    try {
      return dash < 0
          ? field(Long.parseUnsignedLong(id), missingSequence)
          : field(
              Long.parseUnsignedLong(id.substring(0, dash)),
              Long.parseUnsignedLong(id.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new InconsistentCommandException("a stream id that is none");
    }
  }

  static long ms(Bytes field) {
    return bigEndian(field, 0);
  }

  static long sequence(Bytes field) {
    return bigEndian(field, 8);
  }

  private static long bigEndian(Bytes field, int from) {
    long value = 0;
    for (int i = from; i < from + 8; i++) {
      value = value << 8 | (field.at(i) & 0xff);
    }
    return value;
  }
}
