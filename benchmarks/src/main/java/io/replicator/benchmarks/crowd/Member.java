package io.replicator.benchmarks.crowd;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * One connection of a crowd. Confined to the crowd's thread.
 *
 * <pre>
 *   connecting ──▶ greeting ──▶ open ──▶ established
 * </pre>
 */
final class Member implements Framing.Listener, AutoCloseable {
  private final Framing framing;
  private final Conversation conversation;
  private final Tally tally;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final Remainder remainder = new Remainder();
  private Conversation.Due due = Conversation.Due.NEVER;

  /** When the answer that waits is to be sent; 0 where none waits. The crowd's. */
  private long answerDueNs;

  /** Begins to connect. */
  Member(Framing framing, Conversation conversation, Tally tally, int port, Selector selector)
      throws IOException {
    this.framing = framing;
    this.conversation = conversation;
    this.tally = tally;
    channel = SocketChannel.open();
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    // Where it connects at once the selector tells of it all the same.
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    key = channel.register(selector, SelectionKey.OP_CONNECT, this);
  }

  boolean established() {
    return framing.open() && conversation.established();
  }

  long answerDueNs() {
    return answerDueNs;
  }

  void answerDueAt(long dueNs) {
    answerDueNs = dueNs;
  }

  /** Connects or reads, whatever the selector says. */
  Conversation.Due onReady(ByteBuffer buffer) throws IOException {
    due = Conversation.Due.NEVER;
    if (key.isConnectable()) {
      connected();
    } else {
      read(buffer);
    }
    return due;
  }

  private void connected() throws IOException {
    channel.finishConnect();
    key.interestOps(SelectionKey.OP_READ);
    byte[] greeting = framing.greeting();
    if (greeting.length > 0) {
      write(ByteBuffer.wrap(greeting));
    } else {
      framing.read(ByteBuffer.allocate(0), this);
    }
  }

  private void read(ByteBuffer buffer) throws IOException {
    int count = channel.read(buffer.clear());
    if (count < 0) {
      throw new EOFException("the server closed the connection");
    }
    tally.read(count, System.nanoTime());
    ByteBuffer bytes = remainder.with(buffer.flip());
    framing.read(bytes, this);
    remainder.keep(bytes);
  }

  @Override
  public void onOpen() throws IOException {
    byte[] opening = conversation.opening();
    if (opening.length > 0) {
      write(framing.frame(opening));
    }
  }

  @Override
  public void onMessage(ByteBuffer message) throws IOException {
    Conversation.Due dueNow = conversation.hear(message);
    due = dueNow.compareTo(due) > 0 ? dueNow : due;
  }

  @Override
  public void onOwed(ByteBuffer frame) throws IOException {
    write(frame);
  }

  void answer() throws IOException {
    write(framing.frame(conversation.answer()));
  }

  /** What members send is so little that the kernel takes it, or the server does not read. */
  private void write(ByteBuffer frame) throws IOException {
    channel.write(frame);
    if (frame.hasRemaining()) {
      throw new IOException("the server does not read: " + frame.remaining() + " bytes are left");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
