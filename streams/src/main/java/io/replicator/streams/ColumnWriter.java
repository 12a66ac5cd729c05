package io.replicator.streams;

import com.google.protobuf.WireFormat;
import io.replicator.replication.Bytes;

/**
 * Writes protobuf scalars into a region of an array whose size was counted before. Not thread-safe.
 */
final class ColumnWriter {
  private final byte[] array;
  private int at;

  ColumnWriter(byte[] array, int from) {
    this.array = array;
    this.at = from;
  }

  /** A writer of the next {@code bytes} bytes, which this one passes over. */
  ColumnWriter fork(int bytes) {
    ColumnWriter column = new ColumnWriter(array, at);
    at += bytes;
    return column;
  }

  int position() {
    return at;
  }

  void putByte(int b) {
    array[at++] = (byte) b;
  }

  void putBytes(Bytes bytes, int from) {
    int count = bytes.length() - from;
    System.arraycopy(bytes.array(), bytes.offset() + from, array, at, count);
    at += count;
  }

  void putTag(int number, int wireType) {
    putVarint((number << 3) | wireType);
  }

  void putDelimited(int number, byte[] bytes, int count) {
    putTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    putVarint(count);
    System.arraycopy(bytes, 0, array, at, count);
    at += count;
  }

  void putVarint(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      array[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[at++] = (byte) rest;
  }

  void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      array[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[at++] = (byte) rest;
  }

  static int varintBytes(int value) {
    // 7 bits a byte: ceil(bits / 7), one byte for 0.
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  static int varintBytes(long value) {
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }
}
