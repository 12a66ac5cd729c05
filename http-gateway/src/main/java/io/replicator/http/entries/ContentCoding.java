package io.replicator.http.entries;

import io.replicator.protocol.ZstdStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * How a streamed body is made small, piece by piece: each piece can be read when it arrives. Not
 * thread-safe.
 */
abstract class ContentCoding implements AutoCloseable {
  /** What clients may ask for, the better first. */
  static final List<String> NAMES = List.of("zstd", "gzip");

  private static final int BUFFER_BYTES = 8_192;

  /**
   * @param name null for none
   */
  static ContentCoding of(String name, int zstdLevel) {
    if (name == null) {
      return new Identity();
    }
    return name.equals("zstd") ? new Zstd(zstdLevel) : new Gzip();
  }

  abstract byte[] encode(byte[] plain);

  /** What follows after the last piece. */
  abstract byte[] finish();

  @Override
  public abstract void close();

  private static final class Identity extends ContentCoding {
    @Override
    byte[] encode(byte[] plain) {
      return plain;
    }

    @Override
    byte[] finish() {
      return new byte[0];
    }

    @Override
    public void close() {}
  }

  private static final class Zstd extends ContentCoding {
    private final ZstdStream stream;

    Zstd(int level) {
      stream = new ZstdStream(level);
    }

    @Override
    byte[] encode(byte[] plain) {
      return stream.compress(plain);
    }

    @Override
    byte[] finish() {
      return stream.finish();
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  private static final class Gzip extends ContentCoding {
    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    private final GZIPOutputStream stream;

    Gzip() {
      try {
        // Flushed by sync: what was written can be read.
        stream = new GZIPOutputStream(compressed, BUFFER_BYTES, true);
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory failed", e);
      }
    }

    @Override
    byte[] encode(byte[] plain) {
      try {
        stream.write(plain);
        stream.flush();
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory failed", e);
      }
      return take();
    }

    @Override
    byte[] finish() {
      close();
      return take();
    }

    private byte[] take() {
      byte[] piece = compressed.toByteArray();
      compressed.reset();
      return piece;
    }

    @Override
    public void close() {
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory failed", e);
      }
    }
  }
}
