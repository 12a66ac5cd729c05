package io.replicator.protocol;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Cuts a stream of bytes into frames, whatever pieces the bytes come in. Not thread-safe.
 *
 * <p>A frame that lies whole in a piece is parsed where it is. The bytes of one that does not are
 * gathered in an array of its exact size, of which the payload of a chunk is then a slice: either
 * way a byte is copied once. Frames without a message, or with one that this version does not know,
 * are passed over.
 *
 * <p>After a {@link WireException} the place in the stream is lost: the connection has to end.
 */
public final class FrameDecoder {
  private static final int LENGTH_BYTES = Integer.BYTES;

  private final int frameBytesMax;

  /** Big-endian value of the bytes of a length that have come, {@link #lengthRead} of them. */
  private int length;

  private int lengthRead;

  /** The frame under way, null where no byte of its content has come yet. */
  private byte[] partial;

  /** {@code 0 <= partialRead < partial.length}. */
  private int partialRead;

  public FrameDecoder(int frameBytesMax) {
    if (frameBytesMax < 0) {
      throw new IllegalArgumentException("frames of at most " + frameBytesMax + " bytes");
    }
    this.frameBytesMax = frameBytesMax;
  }

  /**
   * Takes all of {@code bytes} and passes on every frame that they complete.
   *
   * @throws WireException for a length over the limit, checked before anything is allocated for it,
   *     or content that is no frame
   */
  public void decode(ByteBuffer bytes, Consumer<Frame> frames) {
    while (true) {
      if (partial != null) {
        if (!fillPartial(bytes)) {
          return;
        }
        byte[] content = partial;
        partial = null;
        lengthRead = 0;
        pass(parseOwned(content), frames);
      } else if (readLength(bytes)) {
        if (bytes.remaining() >= length) {
          lengthRead = 0;
          pass(parseInPlace(bytes, length), frames);
        } else if (bytes.hasRemaining()) {
          partial = new byte[length];
          partialRead = 0;
        } else {
          return;
        }
      } else {
        return;
      }
    }
  }

  /** Whether a frame has begun and not ended: an end of the stream here tears it. */
  public boolean inFrame() {
    return lengthRead > 0;
  }

  /** True once all bytes of a length have come and it is allowed. */
  private boolean readLength(ByteBuffer bytes) {
    if (lengthRead == LENGTH_BYTES) {
      return true;
    }
    if (lengthRead == 0) {
      length = 0;
    }
    while (lengthRead < LENGTH_BYTES && bytes.hasRemaining()) {
      length = (length << 8) | (bytes.get() & 0xff);
      lengthRead++;
    }
    if (lengthRead < LENGTH_BYTES) {
      return false;
    }
    // The length is unsigned on the wire: a negative int is one over 2 GiB.
    if (length < 0 || length > frameBytesMax) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "frame of "
              + Integer.toUnsignedString(length)
              + " bytes, at most "
              + frameBytesMax
              + " are allowed"
              + (looksLikeText(length) ? "; the bytes look like text of another protocol" : ""));
    }
    return true;
  }

  private boolean fillPartial(ByteBuffer bytes) {
    int count = Math.min(bytes.remaining(), partial.length - partialRead);
    bytes.get(partial, partialRead, count);
    partialRead += count;
    return partialRead == partial.length;
  }

  private static void pass(Frame frame, Consumer<Frame> frames) {
    if (frame.getMessageCase() != Frame.MessageCase.MESSAGE_NOT_SET) {
      frames.accept(frame);
    }
  }

  private static Frame parseOwned(byte[] content) {
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(content).newCodedInput();
    in.enableAliasing(true);
    return parse(in, content.length);
  }

  private static Frame parseInPlace(ByteBuffer bytes, int length) {
    int from = bytes.position();
    CodedInputStream in =
        bytes.hasArray()
            ? CodedInputStream.newInstance(bytes.array(), bytes.arrayOffset() + from, length)
            : CodedInputStream.newInstance(bytes.slice(from, length));
    Frame frame = parse(in, length);
    bytes.position(from + length);
    return frame;
  }

  private static Frame parse(CodedInputStream in, int length) {
    try {
      Frame frame = Frame.parseFrom(in);
      in.checkLastTagWas(0);
      return frame;
    } catch (InvalidProtocolBufferException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "the " + length + " bytes of a frame are no Frame message: " + e.getMessage(),
          e);
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  private static boolean looksLikeText(int length) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      int b = (length >>> shift) & 0xff;
      if (b < ' ' || b > '~') {
        return false;
      }
    }
    return true;
  }
}
