package io.replicator.protocol;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Bytes of any number as one zstd frame, piece by piece: whoever gets the first pieces can
 * decompress all that went into them. For HTTP; sessions have {@link Blocks}. Not thread-safe, and
 * holds some megabytes outside of the heap until it is closed.
 */
public final class ZstdStream implements AutoCloseable {
  private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
  private final ZstdOutputStreamNoFinalizer stream;

  public ZstdStream(int level) {
    try {
      stream = new ZstdOutputStreamNoFinalizer(compressed, level);
      stream.setCloseFrameOnFlush(false);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /** The next piece of the frame, from which all of {@code plain} can be restored. */
  public byte[] compress(byte[] plain) {
    try {
      stream.write(plain);
      stream.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return take();
  }

  /** The end of the frame, its last piece. */
  public byte[] finish() {
    close();
    return take();
  }

  private byte[] take() {
    byte[] piece = compressed.toByteArray();
    compressed.reset();
    return piece;
  }

  /** Frees what it holds; again does nothing. */
  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }
}
