package io.replicator.cassandra.schema;

import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists, and the names and values of a stream's entry: as records lay them out (each an unsigned
 * LEB128 length and the bytes) and as the protocol wants a {@code list} (the number of elements,
 * then each as its length and bytes; all numbers 4 bytes, big-endian).
 */
public final class Elements {
  private Elements() {}

  /**
   * Slices of {@code value}.
   *
   * @throws IllegalArgumentException where a length points beyond the value
   */
  public static List<Bytes> of(Bytes value) {
    List<Bytes> elements = new ArrayList<>();
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
      elements.add(value.slice(at, at + length));
      at += length;
    }
    return elements;
  }

  public static ByteBuffer encoded(List<Bytes> elements) {
    int size = Integer.BYTES;
    for (Bytes element : elements) {
      size += Integer.BYTES + element.length();
    }
    ByteBuffer encoded = ByteBuffer.allocate(size).putInt(elements.size());
    for (Bytes element : elements) {
      encoded.putInt(element.length()).put(element.asByteBuffer());
    }
    return encoded.flip();
  }

  /** The elements of what {@link #encoded} made; none for null. */
  public static List<Bytes> decoded(ByteBuffer list) {
    List<Bytes> elements = new ArrayList<>();
    if (list == null) {
      return elements;
    }
    ByteBuffer rest = list.duplicate();
    int count = rest.getInt();
    for (int i = 0; i < count; i++) {
      byte[] element = new byte[rest.getInt()];
      rest.get(element);
      elements.add(Bytes.wrap(element));
    }
    return elements;
  }
}
