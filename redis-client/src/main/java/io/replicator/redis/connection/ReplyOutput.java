package io.replicator.redis.connection;

import io.lettuce.core.output.CommandOutput;
import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A reply of any shape (RESP2): {@link Bytes}, {@link Long}, {@link ErrorReply}, null, or a list of
 * these. Errors inside an array, as EXEC returns them, stay where they are.
 */
final class ReplyOutput extends CommandOutput<Bytes, Bytes, Object> {
  /** An array being filled; invariant: {@code missing >= 0}. */
  private static final class Frame {
    final List<Object> list;
    int missing;

    Frame(List<Object> list, int missing) {
      this.list = list;
      this.missing = missing;
    }
  }

  // A count comes from the server before its elements do: it is not worth trusting with memory.
  private static final int PREALLOCATED_MAX = 4096;

  private Deque<Frame> frames;

  ReplyOutput() {
    super(BytesCodec.INSTANCE, null);
  }

  @Override
  public void set(ByteBuffer bytes) {
    accept(bytes == null ? null : codec.decodeValue(bytes));
  }

  @Override
  public void set(long integer) {
    accept(integer);
  }

  @Override
  public void setError(ByteBuffer text) {
    setError(StandardCharsets.UTF_8.decode(text).toString());
  }

  @Override
  public void setError(String text) {
    accept(new ErrorReply(text));
  }

  @Override
  public void multi(int count) {
    if (count < 0) {
      accept(null);
      return;
    }
    List<Object> list = new ArrayList<>(Math.min(count, PREALLOCATED_MAX));
    attach(list);
    if (frames == null) {
      frames = new ArrayDeque<>(2);
    }
    if (count > 0) {
      frames.push(new Frame(list, count));
    }
    settle();
  }

  private void accept(Object value) {
    attach(value);
    settle();
  }

  private void attach(Object value) {
    if (frames == null || frames.isEmpty()) {
      output = value;
      return;
    }
    Frame top = frames.peek();
    top.list.add(value);
    top.missing--;
  }

  private void settle() {
    while (frames != null && !frames.isEmpty() && frames.peek().missing == 0) {
      frames.pop();
    }
  }
}
