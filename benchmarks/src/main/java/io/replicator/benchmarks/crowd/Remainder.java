package io.replicator.benchmarks.crowd;

import java.nio.ByteBuffer;

/** The beginning of something whose end has not come yet. Mostly there is none. */
final class Remainder {
  private byte[] bytes;

  /** What is kept, and then {@code in}; nothing is kept afterwards. */
  ByteBuffer with(ByteBuffer in) {
    if (bytes == null) {
      return in;
    }
    ByteBuffer joined = ByteBuffer.allocate(bytes.length + in.remaining());
    joined.put(bytes).put(in).flip();
    bytes = null;
    return joined;
  }

  /** Keeps what is left in {@code in}, which is used up then. */
  void keep(ByteBuffer in) {
    if (in.hasRemaining()) {
      bytes = new byte[in.remaining()];
      in.get(bytes);
    }
  }
}
