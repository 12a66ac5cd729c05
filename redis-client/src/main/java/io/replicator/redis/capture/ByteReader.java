package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.StreamCorruptedException;

/**
 * A sequence of chunks read as one sequence of bytes, with its position. What lies within one chunk
 * is handed out as a slice of it, not copied. Confined to one thread.
 */
final class ByteReader {
  /** What a thread does before it waits. */
  @FunctionalInterface
  interface Idle {
    void run() throws IOException;
  }

  /** Where chunks come from. */
  interface ChunkSource {
    /** The next chunk, not empty, waiting for it where needed; null at the end. */
    Bytes next() throws IOException;

    /** Whether {@link #next} would return at once. */
    boolean ready();
  }

  private final ChunkSource source;
  private Idle beforeBlocking = () -> {};
  private byte[] array = Bytes.EMPTY.array();
  private int at;
  private int limit;
  // Position of array[limit] in the sequence.
  private long positionOfLimit;
  private ByteArrayOutputStream recording;

  ByteReader(ChunkSource source) {
    this.source = source;
  }

  /** Reads {@code bytes} and nothing else. */
  static ByteReader of(Bytes bytes) {
    var reader =
        new ByteReader(
            new ChunkSource() {
              @Override
              public Bytes next() {
                return null;
              }

              @Override
              public boolean ready() {
                return true;
              }
            });
    reader.take(bytes);
    return reader;
  }

  /** Runs {@code action} each time before this reader waits for bytes that are not there yet. */
  void beforeBlocking(Idle action) {
    this.beforeBlocking = action;
  }

  /** Number of bytes consumed since the beginning. */
  long position() {
    return positionOfLimit - (limit - at);
  }

  /** What has arrived and was not consumed, which it is now: for handing a stream over. */
  Bytes drain() {
    Bytes rest = Bytes.wrap(array, at, limit - at);
    at = limit;
    return rest;
  }

  /** The next byte, 0 to 255. */
  int read() throws IOException {
    if (at == limit) {
      fill();
    }
    int b = array[at++] & 0xff;
    if (recording != null) {
      recording.write(b);
    }
    return b;
  }

  /** The next {@code length} bytes. The caller has checked {@code length} against its limit. */
  Bytes read(int length) throws IOException {
    Bytes bytes;
    if (length <= limit - at) {
      bytes = Bytes.wrap(array, at, length);
      at += length;
    } else {
      bytes = copyAcrossChunks(length);
    }
    if (recording != null) {
      recording.write(bytes.array(), bytes.offset(), bytes.length());
    }
    return bytes;
  }

  void skip(long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (at == limit) {
        fill();
      }
      int step = (int) Math.min(left, limit - at);
      if (recording != null) {
        recording.write(array, at, step);
      }
      at += step;
      left -= step;
    }
  }

  /** A decimal number that ends with CR LF, as RESP has them for lengths. */
  long decimalLine() throws IOException {
    long value = 0;
    int digits = 0;
    boolean negative = false;
    while (true) {
      int b = read();
      if (b >= '0' && b <= '9' && digits < 18) {
        value = value * 10 + (b - '0');
        digits++;
      } else if (b == '-' && digits == 0 && !negative) {
        negative = true;
      } else if (b == '\r' && digits > 0) {
        expect('\n');
        return negative ? -value : value;
      } else {
        throw new StreamCorruptedException(
            String.format("byte 0x%02x in a decimal number at position %d", b, position() - 1));
      }
    }
  }

  void expect(int expected) throws IOException {
    int b = read();
    if (b != expected) {
      throw new StreamCorruptedException(
          String.format(
              "byte 0x%02x where 0x%02x was due at position %d", b, expected, position() - 1));
    }
  }

  /** From now on, everything consumed is kept, until {@link #recorded} takes it. */
  void record() {
    recording = new ByteArrayOutputStream();
  }

  byte[] recorded() {
    byte[] bytes = recording.toByteArray();
    recording = null;
    return bytes;
  }

  private Bytes copyAcrossChunks(int length) throws IOException {
    // Grows with what arrives: a length alone, however large, allocates nothing much.
    byte[] copy = new byte[Math.min(length, Math.max(limit - at, 1 << 20))];
    int have = 0;
    while (have < length) {
      if (at == limit) {
        fill();
      }
      int step = Math.min(length - have, limit - at);
      if (have + step > copy.length) {
        int doubled = (int) Math.min(length, Math.max(2L * copy.length, have + step));
        copy = java.util.Arrays.copyOf(copy, doubled);
      }
      System.arraycopy(array, at, copy, have, step);
      at += step;
      have += step;
    }
    return Bytes.wrap(copy, 0, length);
  }

  private void fill() throws IOException {
    if (!source.ready()) {
      beforeBlocking.run();
    }
    Bytes chunk = source.next();
    if (chunk == null) {
      throw new EOFException("end of the stream at position " + position());
    }
    take(chunk);
  }

  private void take(Bytes chunk) {
    array = chunk.array();
    at = chunk.offset();
    limit = chunk.offset() + chunk.length();
    positionOfLimit += chunk.length();
  }
}
