package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;

/**
 * The elements of one of the compact layouts in which Redis keeps small collections, in turn. What
 * is stored as an integer comes as its decimal text.
 */
abstract class PackedElements {
  final byte[] array;
  final int start;
  final int end;
  int at;

  private PackedElements(Bytes packed, int headerBytes) throws StreamCorruptedException {
    this.array = packed.array();
    this.start = packed.offset();
    this.end = packed.offset() + packed.length();
    this.at = start + headerBytes;
    if (packed.length() < headerBytes + 1) {
      throw corrupted();
    }
  }

  static PackedElements listPack(Bytes packed) throws StreamCorruptedException {
    return new ListPack(packed);
  }

  static PackedElements zipList(Bytes packed) throws StreamCorruptedException {
    return new ZipList(packed);
  }

  static PackedElements intSet(Bytes packed) throws StreamCorruptedException {
    return new IntSet(packed);
  }

  static PackedElements zipMap(Bytes packed) throws StreamCorruptedException {
    return new ZipMap(packed);
  }

  boolean hasNext() throws StreamCorruptedException {
    if (at >= end) {
      throw corrupted();
    }
    return (array[at] & 0xff) != 0xff;
  }

  abstract Bytes next() throws StreamCorruptedException;

  /** The next element, which must be an integer. */
  long nextLong() throws StreamCorruptedException {
    try {
      return Long.parseLong(next().asUtf8());
    } catch (NumberFormatException e) {
      throw corrupted();
    }
  }

  final StreamCorruptedException corrupted() {
    return new StreamCorruptedException(
        getClass().getSimpleName()
            + " of "
            + (end - start)
            + " bytes is malformed at byte "
            + (at - start));
  }

  final Bytes bytes(int length) throws StreamCorruptedException {
    if (length < 0 || length > end - at) {
      throw corrupted();
    }
    Bytes slice = Bytes.wrap(array, at, length);
    at += length;
    return slice;
  }

  final int unsigned() throws StreamCorruptedException {
    if (at >= end) {
      throw corrupted();
    }
    return array[at++] & 0xff;
  }

  final long littleEndian(int bytes) throws StreamCorruptedException {
    if (bytes > end - at) {
      throw corrupted();
    }
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = (value << 8) | (array[at + i] & 0xff);
    }
    at += bytes;
    int unused = 64 - 8 * bytes;
    return (value << unused) >> unused;
  }

  static Bytes text(long value) {
    return Bytes.wrap(Long.toString(value).getBytes(StandardCharsets.US_ASCII));
  }

  /** Header: total bytes (4), elements (2). Each element is followed by its own length. */
  private static final class ListPack extends PackedElements {
    ListPack(Bytes packed) throws StreamCorruptedException {
      super(packed, 6);
    }

    @Override
    long nextLong() throws StreamCorruptedException {
      int first = array[at] & 0xff;
      if (first < 0x80) {
        at += 2;
        return first;
      }
      return super.nextLong();
    }

    @Override
    Bytes next() throws StreamCorruptedException {
      int begin = at;
      int first = unsigned();
      Bytes element;
      if (first < 0x80) {
        element = text(first);
      } else if (first < 0xc0) {
        element = bytes(first & 0x3f);
      } else if (first < 0xe0) {
        int value = (first & 0x1f) << 8 | unsigned();
        element = text(value >= 1 << 12 ? value - (1 << 13) : value);
      } else if (first < 0xf0) {
        element = bytes((first & 0x0f) << 8 | unsigned());
      } else {
        element =
            switch (first) {
              case 0xf0 -> bytes((int) littleEndian(4));
              case 0xf1 -> text(littleEndian(2));
              case 0xf2 -> text(littleEndian(3));
              case 0xf3 -> text(littleEndian(4));
              case 0xf4 -> text(littleEndian(8));
              default -> throw corrupted();
            };
      }
      int length = at - begin;
      at +=
          length < 1 << 7
              ? 1
              : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : length < 1 << 28 ? 4 : 5;
      return element;
    }
  }

  /** Header: total bytes (4), offset of the last (4), elements (2). */
  private static final class ZipList extends PackedElements {
    ZipList(Bytes packed) throws StreamCorruptedException {
      super(packed, 10);
    }

    @Override
    Bytes next() throws StreamCorruptedException {
      if (unsigned() == 0xfe) {
        littleEndian(4);
      }
      int first = unsigned();
      return switch (first >> 6) {
        case 0 -> bytes(first & 0x3f);
        case 1 -> bytes((first & 0x3f) << 8 | unsigned());
        case 2 -> bytes(unsigned() << 24 | unsigned() << 16 | unsigned() << 8 | unsigned());
        default ->
            switch (first) {
              case 0xc0 -> text(littleEndian(2));
              case 0xd0 -> text(littleEndian(4));
              case 0xe0 -> text(littleEndian(8));
              case 0xf0 -> text(littleEndian(3));
              case 0xfe -> text(littleEndian(1));
              default -> {
                if (first < 0xf1 || first > 0xfd) {
                  throw corrupted();
                }
                yield text((first & 0x0f) - 1L);
              }
            };
      };
    }
  }

  /** Header: bytes of an integer (4), number of integers (4). */
  private static final class IntSet extends PackedElements {
    private final int width;
    private long left;

    IntSet(Bytes packed) throws StreamCorruptedException {
      super(packed, 0);
      width = (int) littleEndian(4);
      left = littleEndian(4) & 0xffffffffL;
      if (width != 2 && width != 4 && width != 8) {
        throw corrupted();
      }
    }

    @Override
    boolean hasNext() {
      return left > 0;
    }

    @Override
    Bytes next() throws StreamCorruptedException {
      left--;
      return text(littleEndian(width));
    }
  }

  /** Header: elements (1). Names and values in turn, a value followed by unused bytes. */
  private static final class ZipMap extends PackedElements {
    private boolean value;

    ZipMap(Bytes packed) throws StreamCorruptedException {
      super(packed, 1);
    }

    @Override
    Bytes next() throws StreamCorruptedException {
      int length = unsigned();
      if (length == 254) {
        length = (int) littleEndian(4);
      }
      int unused = value ? unsigned() : 0;
      Bytes element = bytes(length);
      at += unused;
      value = !value;
      return element;
    }
  }
}
