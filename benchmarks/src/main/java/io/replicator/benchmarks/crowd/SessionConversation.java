package io.replicator.benchmarks.crowd;

import io.replicator.protocol.Frames;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscription;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A session with a hub for one subscription: docs/protocol.md, read with as little work as
 * possible. Of a chunk only the numbers are looked at, unless the member makes a copy.
 */
final class SessionConversation implements Conversation {
  /** Fields of Frame and of Chunk with their wire types, as they stand before each. */
  /** What the JavaScript client waits before it acknowledges a trickle. */
  static final int ACK_DELAY_MS = 500;

  /** What it acknowledges at once. */
  private static final int ACK_BYTES = 4 * 1024;

  private static final int FRAME_CHUNK = (4 << 3) | 2;

  private static final int CHUNK_FEED = 1 << 3;
  private static final int CHUNK_BATCH = 2 << 3;
  private static final int CHUNK_BLOCK_BYTES = 3 << 3;
  private static final int CHUNK_LAST = 4 << 3;
  private static final int CHUNK_PAYLOAD = (5 << 3) | 2;

  private static final String SUBSCRIBE = "subscribe";
  private static final int LENGTH_BYTES = Integer.BYTES;

  private final Tally tally;
  private final byte[] opening;
  private final Remainder remainder = new Remainder();

  /** Null where the member does not look. */
  private final QuoteCopy copy;

  private boolean welcomed;
  private boolean established;
  private long receivedBytes;
  private long ackedBytes;
  private long heardNs;
  private int feed;
  private long batch;
  private long completeBatch;

  private SessionConversation(Tally tally, QuoteCopy copy, byte[] opening) {
    this.tally = tally;
    this.copy = copy;
    this.opening = opening;
  }

  /** Asks with Hello, as clients over TCP do. */
  static SessionConversation withHello(
      Tally tally, QuoteCopy copy, String name, String database, String pattern) {
    Hello hello =
        hello(name)
            .addSubscriptions(
                Subscription.newBuilder()
                    .setDatabase(database)
                    .addInclude(com.google.protobuf.ByteString.copyFromUtf8(pattern)))
            .build();
    return new SessionConversation(
        tally, copy, Frames.encode(Frame.newBuilder().setHello(hello).build()));
  }

  /** Asks with Subscribe behind Hello, as the JavaScript client does. */
  static SessionConversation withSubscribe(
      Tally tally, QuoteCopy copy, String name, String database, String pattern) {
    var opening = new ByteArrayOutputStream();
    opening.writeBytes(
        Frames.encode(Frame.newBuilder().setHello(hello(name).addCapabilities(SUBSCRIBE)).build()));
    opening.writeBytes(
        Frames.encode(
            Frame.newBuilder()
                .setSubscribe(
                    Subscribe.newBuilder()
                        .setTag(1)
                        .setDatabase(database)
                        .addInclude(com.google.protobuf.ByteString.copyFromUtf8(pattern)))
                .build()));
    return new SessionConversation(tally, copy, opening.toByteArray());
  }

  private static Hello.Builder hello(String name) {
    return Hello.newBuilder()
        .setProtocolVersion(Frames.VERSION_MAX)
        .setAckDelayMaxMs(ACK_DELAY_MS)
        .setClientId(name)
        .setClientName(name);
  }

  @Override
  public byte[] opening() {
    return opening;
  }

  @Override
  public boolean established() {
    return established;
  }

  @Override
  public Due hear(ByteBuffer message) throws IOException {
    heardNs = System.nanoTime();
    Due due = Due.NEVER;
    ByteBuffer bytes = remainder.with(message);
    while (bytes.remaining() >= LENGTH_BYTES) {
      int at = bytes.position();
      int length = bytes.getInt(at);
      if (bytes.remaining() < LENGTH_BYTES + length) {
        break;
      }
      int end = bytes.limit();
      int next = at + LENGTH_BYTES + length;
      if (welcomed) {
        // Both sides count from the end of Welcome on.
        receivedBytes += next - at;
      }
      bytes.position(at + LENGTH_BYTES).limit(next);
      Due dueNow = onFrame(bytes);
      due = dueNow.compareTo(due) > 0 ? dueNow : due;
      bytes.limit(end).position(next);
    }
    remainder.keep(bytes);
    return receivedBytes - ackedBytes >= ACK_BYTES ? Due.NOW : due;
  }

  private Due onFrame(ByteBuffer frame) throws IOException {
    if (frame.hasRemaining() && frame.get(frame.position()) == FRAME_CHUNK) {
      frame.get();
      varint(frame); // its length: the rest of the frame
      onChunk(frame);
      return Due.SOON;
    }
    Frame other = Frame.parseFrom(frame);
    switch (other.getMessageCase()) {
      case WELCOME -> {
        welcomed = true;
        established |= other.getWelcome().getFeedsCount() > 0;
        return Due.NEVER;
      }
      case SUBSCRIBED -> {
        if (other.getSubscribed().hasRefusal()) {
          throw new IOException("refused: " + other.getSubscribed().getRefusal().getDetail());
        }
        established = true;
        return Due.NEVER;
      }
      case HEARTBEAT -> {
        return Due.NOW;
      }
      case DICTIONARY -> {
        if (copy != null) {
          copy.add(other.getDictionary());
        }
        return Due.SOON;
      }
      case MESSAGE_NOT_SET -> {
        return Due.NEVER;
      }
      default -> throw new IOException("not expected from a hub: " + other.getMessageCase());
    }
  }

  private void onChunk(ByteBuffer chunk) throws IOException {
    long chunkBatch = 0;
    boolean last = false;
    while (chunk.hasRemaining()) {
      int tag = (int) varint(chunk);
      switch (tag) {
        case CHUNK_FEED -> feed = (int) varint(chunk);
        case CHUNK_BATCH -> chunkBatch = varint(chunk);
        case CHUNK_BLOCK_BYTES -> varint(chunk);
        case CHUNK_LAST -> last = varint(chunk) != 0;
        case CHUNK_PAYLOAD -> {
          int length = (int) varint(chunk);
          if (length != chunk.remaining()) {
            throw new IOException("the payload is not what a chunk ends with");
          }
          if (copy == null) {
            chunk.position(chunk.limit());
          } else {
            copy.add(chunk, last);
          }
        }
        default -> throw new IOException("a chunk with tag " + tag);
      }
    }
    if (chunkBatch != (batch == completeBatch ? batch + 1 : batch)) {
      throw new IOException("batch " + chunkBatch + " after batch " + batch);
    }
    batch = chunkBatch;
    if (last) {
      completeBatch = batch;
      tally.message();
    }
  }

  @Override
  public byte[] answer() {
    ackedBytes = receivedBytes;
    var ack =
        Ack.newBuilder()
            .setReceivedBytes(receivedBytes)
            .setAckDelayUs((System.nanoTime() - heardNs) / 1_000);
    if (feed != 0) {
      ack.addFeeds(
          FeedAck.newBuilder()
              .setFeed(feed)
              .setTakenBatch(completeBatch)
              .setAppliedBatch(completeBatch));
    }
    return Frames.encode(Frame.newBuilder().setAck(ack).build());
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
