package io.replicator.benchmarks.crowd;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What a member and the server say to each other over an open connection. Confined to a thread. */
interface Conversation {
  /** When an answer is due. */
  enum Due {
    NEVER,
    SOON,
    NOW
  }

  /** What the member says first; empty for nothing. */
  byte[] opening();

  /** Whether the server has agreed to everything. */
  boolean established();

  /**
   * Takes all of {@code message}, which is only lent.
   *
   * @throws IOException when it makes no sense, or the server refuses
   */
  Due hear(ByteBuffer message) throws IOException;

  /** What is owed to the server at this moment. */
  byte[] answer();
}
