package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the command stream of a source: arrays of bulk strings, and the inline forms and bare line
 * ends that a master may put between them. Tracks the exact replication offset of every command.
 */
final class RespReader {
  private static final int ARGS_MAX = 1 << 20;
  private static final int INLINE_BYTES_MAX = 64 << 10;
  private static final long BULK_BYTES_MAX = 512L << 20;

  private final ByteReader in;
  private final long offsetAtPositionZero;
  private final long argBytesMax;

  /**
   * @param offset replication offset of the next byte of {@code in}
   * @param argBytesMax longer arguments are passed over, see {@link Command#oversizeBytes}
   */
  RespReader(ByteReader in, long offset, long argBytesMax) {
    this.in = in;
    this.offsetAtPositionZero = offset - in.position();
    this.argBytesMax = argBytesMax;
  }

  /**
   * The next command, waiting for it where needed.
   *
   * @throws java.io.EOFException at the end of the stream, also in the middle of a command
   */
  Command next() throws IOException {
    int first;
    do {
      first = in.read();
    } while (first == '\n' || first == '\r');
    if (first != '*') {
      return inline(first);
    }
    long count = in.decimalLine();
    if (count < 1 || count > ARGS_MAX) {
      throw corrupted("a command of " + count + " arguments, 1 to " + ARGS_MAX + " are allowed");
    }
    Bytes[] args = new Bytes[(int) Math.min(count, 1024)];
    long oversizeBytes = 0;
    for (int i = 0; i < count; i++) {
      if (i == args.length) {
        args = java.util.Arrays.copyOf(args, (int) Math.min(count, 2L * args.length));
      }
      in.expect('$');
      long length = in.decimalLine();
      if (length < 0 || length > BULK_BYTES_MAX) {
        throw corrupted("an argument of " + length + " bytes, up to 512 MiB are allowed");
      }
      if (length > argBytesMax) {
        oversizeBytes = Math.max(oversizeBytes, length);
        in.skip(length);
        args[i] = Bytes.EMPTY;
      } else {
        args[i] = in.read((int) length);
      }
      in.expect('\r');
      in.expect('\n');
    }
    return new Command(args, offset(), oversizeBytes);
  }

  /** Replication offset after the last byte consumed. */
  long offset() {
    return offsetAtPositionZero + in.position();
  }

  private Command inline(int first) throws IOException {
    if (first < ' ' || first > '~') {
      throw corrupted(String.format("byte 0x%02x where a command begins", first));
    }
    var line = new StringBuilder();
    for (int b = first; b != '\n'; b = in.read()) {
      if (line.length() >= INLINE_BYTES_MAX) {
        throw corrupted("an inline command of more than " + INLINE_BYTES_MAX + " bytes");
      }
      line.append((char) b);
    }
    List<Bytes> args = new ArrayList<>();
    for (String word : line.toString().trim().split(" +", -1)) {
      args.add(Bytes.wrap(word.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
    }
    return new Command(args.toArray(Bytes[]::new), offset(), 0);
  }

  private StreamCorruptedException corrupted(String what) {
    return new StreamCorruptedException(what + " at replication offset " + offset());
  }
}
