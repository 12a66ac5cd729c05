package io.replicator.streams;

import java.util.Arrays;

/** Bytes that are appended to. Not thread-safe. */
final class GrowingBytes {
  private byte[] array;
  private int size;

  GrowingBytes(int capacity) {
    array = new byte[capacity];
  }

  int size() {
    return size;
  }

  /** The first {@link #size} bytes count; the next append may move them. */
  byte[] array() {
    return array;
  }

  void put(byte b) {
    reserve(1);
    array[size++] = b;
  }

  void put(byte[] source, int from, int to) {
    int count = to - from;
    reserve(count);
    System.arraycopy(source, from, array, size, count);
    size += count;
  }

  void putVarint(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    put((byte) rest);
  }

  private void reserve(int count) {
    if (count > array.length - size) {
      array = Arrays.copyOf(array, Math.max(2 * array.length, Math.addExact(size, count)));
    }
  }
}
