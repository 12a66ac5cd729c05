package io.replicator.streams;

import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Refusal;

/**
 * Reads one column of a batch: a region of the plain bytes. Never reads outside of it. Not
 * thread-safe.
 */
final class ColumnReader {
  private final String name;
  private final byte[] array;
  private final int from;
  private final int end;
  private int at;

  ColumnReader(String name, byte[] array, int from, int end) {
    this.name = name;
    this.array = array;
    this.from = from;
    this.end = end;
    this.at = from;
  }

  String name() {
    return name;
  }

  byte[] array() {
    return array;
  }

  int bytes() {
    return end - from;
  }

  boolean exhausted() {
    return at == end;
  }

  void rewind() {
    at = from;
  }

  int nextByte() {
    if (at == end) {
      throw malformed("ends after " + bytes() + " bytes, before the last record");
    }
    return array[at++] & 0xff;
  }

  /** A number from 0 to 2^31 - 1. */
  int nextLength() {
    if (at < end && array[at] >= 0) {
      return array[at++];
    }
    long length = nextVarint();
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw malformed("holds length " + Long.toUnsignedString(length));
    }
    return (int) length;
  }

  long nextSigned() {
    long zigzag = nextVarint();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** How many bytes come before the next {@code end}. */
  int lengthTo(byte end) {
    for (int i = at; i < this.end; i++) {
      if (array[i] == end) {
        return i - at;
      }
    }
    throw malformed(
        "has " + (this.end - at) + " of " + bytes() + " bytes left and no end of a piece");
  }

  /** Passes over {@code length} bytes and returns where in the array they begin. */
  int take(int length) {
    if (length > end - at) {
      throw malformed(
          "has " + (end - at) + " of " + bytes() + " bytes left where " + length + " are to come");
    }
    int taken = at;
    at += length;
    return taken;
  }

  void expectEnd(int records) {
    if (at != end) {
      throw malformed(
          "has " + (end - at) + " of " + bytes() + " bytes left after " + records + " records");
    }
  }

  private long nextVarint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int b = nextByte();
      value |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw malformed("holds a number of more than 10 bytes");
  }

  WireException malformed(String contradiction) {
    return new WireException(
        Refusal.Reason.MALFORMED, "column " + name + " of a batch " + contradiction);
  }
}
