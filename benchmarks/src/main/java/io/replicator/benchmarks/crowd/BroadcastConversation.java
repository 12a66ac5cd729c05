package io.replicator.benchmarks.crowd;

import io.replicator.benchmarks.child.WallClock;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Listens to a bare broadcaster, whose messages begin with the time that they were sent at. */
final class BroadcastConversation implements Conversation {
  private final Tally tally;
  private final boolean looking;

  BroadcastConversation(Tally tally, boolean looking) {
    this.tally = tally;
    this.looking = looking;
  }

  @Override
  public byte[] opening() {
    return new byte[0];
  }

  @Override
  public boolean established() {
    return true;
  }

  @Override
  public Due hear(ByteBuffer message) throws IOException {
    if (message.remaining() < Long.BYTES) {
      throw new IOException("a message of " + message.remaining() + " bytes");
    }
    tally.message();
    if (looking) {
      tally.record(WallClock.nowUs() - message.getLong(message.position()));
    }
    message.position(message.limit());
    return Due.NEVER;
  }

  @Override
  public byte[] answer() {
    return new byte[0];
  }
}
