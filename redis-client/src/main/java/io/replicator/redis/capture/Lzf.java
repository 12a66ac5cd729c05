package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.StreamCorruptedException;

/** The decompression of LibLZF, which snapshots use for strings. */
final class Lzf {
  private Lzf() {}

  static Bytes decompress(Bytes compressed, int plainLength) throws StreamCorruptedException {
    byte[] in = compressed.array();
    int i = compressed.offset();
    int end = i + compressed.length();
    byte[] out = new byte[plainLength];
    int o = 0;
    try {
      while (i < end) {
        int control = in[i++] & 0xff;
        if (control < 32) {
          int literals = control + 1;
          System.arraycopy(in, i, out, o, literals);
          i += literals;
          o += literals;
        } else {
          int length = control >> 5;
          if (length == 7) {
            length += in[i++] & 0xff;
          }
          int from = o - ((control & 0x1f) << 8) - (in[i++] & 0xff) - 1;
          // Byte by byte: the two ranges may overlap, and then repeat.
          for (int n = length + 2; n > 0; n--) {
            out[o++] = out[from++];
          }
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw corrupted(compressed, plainLength, o);
    }
    if (o != plainLength) {
      throw corrupted(compressed, plainLength, o);
    }
    return Bytes.wrap(out);
  }

  private static StreamCorruptedException corrupted(Bytes compressed, int plainLength, int have) {
    return new StreamCorruptedException(
        "LZF block of "
            + compressed.length()
            + " bytes does not expand to "
            + plainLength
            + " bytes but breaks off at "
            + have);
  }
}
