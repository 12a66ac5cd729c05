package io.replicator.store;

/** Unsigned LEB128 numbers in rows. */
final class Varint {
  static final int BYTES_MAX = 10;

  private Varint() {}

  /** Returns the position after the number. */
  static int write(byte[] target, int at, long value) {
    long left = value;
    int position = at;
    while ((left & ~0x7fL) != 0) {
      target[position++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    target[position++] = (byte) left;
    return position;
  }

  static long read(byte[] source, int at) {
    long value = 0;
    int position = at;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = source[position++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new StoreException("a number in a row is longer than " + BYTES_MAX + " bytes");
  }

  /** Position after the number that begins at {@code at}. */
  static int end(byte[] source, int at) {
    int position = at;
    while (source[position] < 0) {
      position++;
    }
    return position + 1;
  }

  static int length(long value) {
    return value == 0 ? 1 : (70 - Long.numberOfLeadingZeros(value)) / 7;
  }
}
