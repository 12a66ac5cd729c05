package io.replicator.benchmarks.crowd;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.HashMap;

/**
 * One client of a hub that connects by WebSocket, waits for its first entry and leaves. Confined to
 * one thread.
 */
public final class Newcomer implements Framing.Listener {
  private final Socket socket;
  private final Framing framing;
  private final QuoteCopy copy = new QuoteCopy(new Tally(), new HashMap<>());
  private final SessionConversation conversation;

  private Newcomer(Socket socket, String database) {
    this.socket = socket;
    framing = new WebSocketFraming(socket.getPort());
    conversation =
        SessionConversation.withSubscribe(new Tally(), copy, "newcomer", database, Quotes.PATTERN);
  }

  /** Returns as soon as the entry is there, decoded. */
  public static void awaitFirstEntry(int port, String database) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      new Newcomer(socket, database).run();
    }
  }

  private void run() throws IOException {
    var remainder = new Remainder();
    byte[] buffer = new byte[1 << 16];
    socket.getOutputStream().write(framing.greeting());
    while (copy.isEmpty()) {
      int count = socket.getInputStream().read(buffer);
      if (count < 0) {
        throw new EOFException("the hub closed the connection");
      }
      ByteBuffer bytes = remainder.with(ByteBuffer.wrap(buffer, 0, count));
      framing.read(bytes, this);
      remainder.keep(bytes);
    }
  }

  @Override
  public void onOpen() throws IOException {
    onOwed(framing.frame(conversation.opening()));
  }

  @Override
  public void onMessage(ByteBuffer message) throws IOException {
    if (conversation.hear(message) != Conversation.Due.NEVER) {
      onOwed(framing.frame(conversation.answer()));
    }
  }

  @Override
  public void onOwed(ByteBuffer frame) throws IOException {
    socket.getOutputStream().write(frame.array(), frame.arrayOffset(), frame.limit());
  }
}
