package io.replicator.protocol;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;

/** Bytes of any number as one zstd frame. For HTTP; sessions have {@link Blocks}. */
public final class ZstdStream {
  private ZstdStream() {}

  /**
   * Compresses what is written to it into {@code out}: after each flush, all that was written
   * before can be decompressed; closing ends the frame. Not thread-safe, and holds some megabytes
   * outside of the heap until it is closed.
   */
  public static OutputStream over(OutputStream out, int level) throws IOException {
    var stream = new ZstdOutputStreamNoFinalizer(out, level);
    stream.setCloseFrameOnFlush(false);
    return stream;
  }
}
