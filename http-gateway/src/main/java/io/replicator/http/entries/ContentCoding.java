package io.replicator.http.entries;

import io.replicator.protocol.ZstdStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * How a streamed body is made small, piece by piece: each piece can be read when it arrives. Not
 * thread-safe.
 */
final class ContentCoding implements AutoCloseable {
  /** What clients may ask for, the better first. */
  static final List<String> NAMES = List.of("zstd", "gzip");

  private static final int BUFFER_BYTES = 8_192;

  private final ByteArrayOutputStream encoded;
  private final OutputStream encoder;

  private ContentCoding(ByteArrayOutputStream encoded, OutputStream encoder) {
    this.encoded = encoded;
    this.encoder = encoder;
  }

  /**
   * @param name null for none
   */
  static ContentCoding of(String name, int zstdLevel) {
    var encoded = new ByteArrayOutputStream();
    try {
      return new ContentCoding(encoded, encoder(name, zstdLevel, encoded));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static OutputStream encoder(String name, int zstdLevel, OutputStream encoded)
      throws IOException {
    if (name == null) {
      return encoded;
    }
    return name.equals("zstd")
        ? ZstdStream.over(encoded, zstdLevel)
        // Flushed by sync: what was written can be read.
        : new GZIPOutputStream(encoded, BUFFER_BYTES, true);
  }

  byte[] encode(byte[] plain) {
    try {
      encoder.write(plain);
      encoder.flush();
    } catch (IOException e) {
      throw failed(e);
    }
    return take();
  }

  /** What follows after the last piece. */
  byte[] finish() {
    close();
    return take();
  }

  private byte[] take() {
    byte[] piece = encoded.toByteArray();
    encoded.reset();
    return piece;
  }

  /** Frees what it holds; again does nothing. */
  @Override
  public void close() {
    try {
      encoder.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static UncheckedIOException failed(IOException e) {
    return new UncheckedIOException("writing to memory failed", e);
  }
}
