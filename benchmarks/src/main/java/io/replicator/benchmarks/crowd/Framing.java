package io.replicator.benchmarks.crowd;

import java.io.IOException;
import java.nio.ByteBuffer;

/** How messages lie in the bytes of a connection. Confined to a thread. */
interface Framing {
  /** What the member sends before anything else; empty for nothing. */
  byte[] greeting();

  /** Whether messages may be sent. */
  boolean open();

  /**
   * Takes the messages that are complete; what is left in {@code bytes} must come again with more.
   */
  void read(ByteBuffer bytes, Listener listener) throws IOException;

  /** A message as it is sent. */
  ByteBuffer frame(byte[] message);

  /** Who gets what was read. */
  interface Listener {
    /** The greeting was answered. */
    void onOpen() throws IOException;

    /** A message, or a part of one; lent. */
    void onMessage(ByteBuffer message) throws IOException;

    /** The framing itself owes the server this. */
    void onOwed(ByteBuffer frame) throws IOException;
  }

  /** None: the bytes of a connection are what is said. */
  final class None implements Framing {
    private boolean open;

    @Override
    public byte[] greeting() {
      return new byte[0];
    }

    @Override
    public boolean open() {
      return open;
    }

    @Override
    public void read(ByteBuffer bytes, Listener listener) throws IOException {
      if (!open) {
        open = true;
        listener.onOpen();
      }
      if (bytes.hasRemaining()) {
        listener.onMessage(bytes);
      }
    }

    @Override
    public ByteBuffer frame(byte[] message) {
      return ByteBuffer.wrap(message);
    }
  }
}
