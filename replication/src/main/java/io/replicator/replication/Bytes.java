package io.replicator.replication;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A slice of a byte array that nobody writes to any more: a key, a field or a value, any byte
 * allowed.
 *
 * <p>Wrapping does not copy. Whoever wraps an array hands it over; whoever keeps a small slice of a
 * large array for long calls {@link #compact()}. Ordered as unsigned bytes, as Redis and RocksDB
 * order keys.
 */
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

  private final byte[] array;
  private final int offset;
  private final int length;
  private int hash;

  private Bytes(byte[] array, int offset, int length) {
    this.array = array;
    this.offset = offset;
    this.length = length;
  }

  /** The whole of {@code array}, which must not be written to any more. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
  }

  /** {@code length} bytes of {@code array} from {@code offset}, not to be written to any more. */
  public static Bytes wrap(byte[] array, int offset, int length) {
    if ((offset | length) < 0 || length > array.length - offset) {
      throw new IndexOutOfBoundsException(
          "slice [" + offset + ", +" + length + ") of " + array.length + " bytes");
    }
    return length == 0 ? EMPTY : new Bytes(array, offset, length);
  }

  public static Bytes utf8(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  public int length() {
    return length;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  public byte at(int index) {
    if (index < 0 || index >= length) {
      throw new IndexOutOfBoundsException("index " + index + " of " + length);
    }
    return array[offset + index];
  }

  /**
   * The array behind this slice, for readers that take (array, offset, length). Never write to it.
   */
  public byte[] array() {
    return array;
  }

  /** Where this slice begins in {@link #array()}. */
  public int offset() {
    return offset;
  }

  /** The bytes {@code [from, to)} of this slice, not copied. */
  public Bytes slice(int from, int to) {
    if (from < 0 || to < from || to > length) {
      throw new IndexOutOfBoundsException("slice [" + from + ", " + to + ") of " + length);
    }
    return wrap(array, offset + from, to - from);
  }

  public boolean startsWith(Bytes prefix) {
    return length >= prefix.length
        && Arrays.equals(
            array,
            offset,
            offset + prefix.length,
            prefix.array,
            prefix.offset,
            prefix.offset + prefix.length);
  }

  /** Number of leading bytes that this and {@code other} have in common. */
  public int commonPrefix(Bytes other) {
    int mismatch =
        Arrays.mismatch(
            array, offset, offset + length, other.array, other.offset, other.offset + other.length);
    return mismatch < 0 ? length : mismatch;
  }

  /**
   * This slice as an array of exactly its bytes: the array itself where it is that, else a copy.
   */
  public byte[] toArray() {
    return offset == 0 && length == array.length
        ? array
        : Arrays.copyOfRange(array, offset, offset + length);
  }

  /**
   * The same bytes in an array of their own size, so that a large array behind them can be freed.
   */
  public Bytes compact() {
    return length == array.length ? this : wrap(toArray());
  }

  public void copyTo(byte[] target, int targetOffset) {
    System.arraycopy(array, offset, target, targetOffset, length);
  }

  /** A read-only view. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(array, offset, length).slice().asReadOnlyBuffer();
  }

  /** Whether the bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates. */
  public boolean isUtf8() {
    int at = offset;
    int end = offset + length;
    while (at < end && array[at] >= 0) {
      at++;
    }
    while (at < end) {
      int lead = array[at++] & 0xff;
      if (lead < 0x80) {
        continue;
      }
      int more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
      if (more == 0 || end - at < more) {
        return false;
      }
      int second = array[at] & 0xff;
      int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      if (second < least || second > most) {
        return false;
      }
      for (int i = 1; i < more; i++) {
        if ((array[at + i] & 0xc0) != 0x80) {
          return false;
        }
      }
      at += more;
    }
    return true;
  }

  /** The bytes as UTF-8, malformed ones replaced; for keys in messages use {@link #toString()}. */
  public String asUtf8() {
    return new String(array, offset, length, StandardCharsets.UTF_8);
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(
        array, offset, offset + length, other.array, other.offset, other.offset + other.length);
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Bytes other
        && length == other.length
        && Arrays.equals(
            array, offset, offset + length, other.array, other.offset, other.offset + other.length);
  }

  @Override
  public int hashCode() {
    int h = hash;
    if (h == 0) {
      h = 1;
      for (int i = offset, end = offset + length; i < end; i++) {
        h = 31 * h + array[i];
      }
      hash = h;
    }
    return h;
  }

  /**
   * Printable ASCII as it is, everything else as {@code \xHH}; cut after 64 bytes. For messages and
   * logs.
   */
  @Override
  public String toString() {
    var text = new StringBuilder();
    for (int i = 0; i < Math.min(length, 64); i++) {
      int b = array[offset + i] & 0xff;
      if (b == '\\') {
        text.append("\\\\");
      } else if (b >= 0x20 && b < 0x7f) {
        text.append((char) b);
      } else {
        text.append(String.format("\\x%02x", b));
      }
    }
    return length > 64 ? text + "… (" + length + " bytes)" : text.toString();
  }
}
