package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * The one value that a list is stored as: its elements, each as an unsigned LEB128 length and the
 * bytes. Also what a stream entry's names and values look like.
 */
final class ListValue {
  private byte[] bytes = new byte[256];
  private int length;

  /** A value to append elements to, beginning with {@code value}. */
  static ListValue copyOf(Bytes value, int extraBytes) {
    var list = new ListValue();
    list.bytes = new byte[Math.addExact(value.length(), extraBytes)];
    value.copyTo(list.bytes, 0);
    list.length = value.length();
    return list;
  }

  static Bytes of(List<Bytes> elements) {
    return of(elements, 0, elements.size());
  }

  static Bytes of(List<Bytes> elements, int from, int to) {
    int size = 0;
    for (int i = from; i < to; i++) {
      size = Math.addExact(size, encodedBytes(elements.get(i)));
    }
    var list = new ListValue();
    list.bytes = new byte[size];
    for (int i = from; i < to; i++) {
      list.add(elements.get(i));
    }
    return list.value();
  }

  static int encodedBytes(Bytes element) {
    int bytes = 1;
    for (int rest = element.length() >>> 7; rest != 0; rest >>>= 7) {
      bytes++;
    }
    return bytes + element.length();
  }

  /** The elements, as slices of {@code value}. */
  static List<Bytes> elements(Bytes value) {
    List<Bytes> elements = new ArrayList<>();
    int at = 0;
    while (at < value.length()) {
      int from = elementAt(value, at);
      int to = next(value, at);
      elements.add(value.slice(from, to));
      at = to;
    }
    return elements;
  }

  /** Where the element after the one that begins at {@code at} begins. */
  static int next(Bytes value, int at) {
    int elementLength = 0;
    int shift = 0;
    int i = at;
    byte b;
    do {
      b = value.at(i++);
      elementLength |= (b & 0x7f) << shift;
      shift += 7;
    } while (b < 0);
    return i + elementLength;
  }

  private static int elementAt(Bytes value, int at) {
    int i = at;
    while (value.at(i++) < 0) {
      // Skips the bytes of the length that say that more follow.
    }
    return i;
  }

  void add(Bytes element) {
    int needed = length + encodedBytes(element);
    if (needed > bytes.length) {
      bytes =
          java.util.Arrays.copyOf(bytes, (int) Math.min(1L << 30, Math.max(needed, 2L * length)));
    }
    int rest = element.length();
    while (rest >= 0x80) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
    element.copyTo(bytes, length);
    length += element.length();
  }

  void append(Bytes encoded) {
    encoded.copyTo(bytes, length);
    length += encoded.length();
  }

  int length() {
    return length;
  }

  /** What was added, without a copy: nothing may be added any more. */
  Bytes value() {
    return Bytes.wrap(bytes, 0, length).compact();
  }
}
