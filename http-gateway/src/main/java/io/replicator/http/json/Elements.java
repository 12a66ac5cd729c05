package io.replicator.http.json;

import io.replicator.replication.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The elements of a list, or the names and values of a stream entry, in their stored layout: each
 * as an unsigned LEB128 length and the bytes.
 */
final class Elements implements Iterator<Bytes> {
  private final Bytes layout;
  private int at;

  Elements(Bytes layout) {
    this.layout = layout;
  }

  static void append(ByteArrayOutputStream layout, Bytes element) {
    int length = element.length();
    while (length > 0x7f) {
      layout.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    layout.write(length);
    layout.write(element.array(), element.offset(), element.length());
  }

  @Override
  public boolean hasNext() {
    return at < layout.length();
  }

  @Override
  public Bytes next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    int length = 0;
    int shift = 0;
    byte part;
    do {
      part = layout.at(at++);
      length |= (part & 0x7f) << shift;
      shift += 7;
    } while (part < 0);
    Bytes element = layout.slice(at, at + length);
    at += length;
    return element;
  }
}
