package io.replicator.streams.receive;

import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.Blocks;
import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchCodec;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.WireMapping;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.pekko.util.ByteString;

/** What a hub says, byte by byte, and what a client said to it. */
final class HubScript {
  static final Epoch EPOCH = new Epoch(0x0123456789abcdefL);
  static final Hello HELLO = Hello.newBuilder().setProtocolVersion(1).setClientId("c").build();

  private HubScript() {}

  static Feed feed(int id, String database) {
    return new Feed(id, new FeedKey(database, "f" + id), QosLevel.REALTIME, KeyFilter.ALL);
  }

  static io.replicator.protocol.v1.Feed resumed(Feed feed, Cursor from, long head) {
    return WireMapping.toWire(feed, from, "", head, 1000, 100_000);
  }

  static Welcome.Builder welcome(io.replicator.protocol.v1.Feed... feeds) {
    return Welcome.newBuilder()
        .setProtocolVersion(1)
        .setHubId("hub")
        .setEpoch(EPOCH.id())
        .setSessionId(1)
        .setHeartbeatIntervalMs(60_000)
        .addAllFeeds(List.of(feeds));
  }

  static ByteString frame(Welcome.Builder welcome) {
    return bytes(Frame.newBuilder().setWelcome(welcome));
  }

  static ByteString bytes(Frame.Builder frame) {
    return ByteString.fromArrayUnsafe(Frames.encode(frame.build()));
  }

  static ByteString heartbeat(Long... heads) {
    return bytes(
        Frame.newBuilder().setHeartbeat(Heartbeat.newBuilder().addAllHeads(Arrays.asList(heads))));
  }

  static ByteString goodbye(String reason) {
    return bytes(Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)));
  }

  static ByteString dictionary(ZstdDictionary dictionary) {
    return bytes(
        Frame.newBuilder()
            .setDictionary(
                Dictionary.newBuilder()
                    .setId(dictionary.id())
                    .setContent(UnsafeByteOperations.unsafeWrap(dictionary.content()))));
  }

  static byte[] block(Batch batch) {
    return Blocks.encode(BatchCodec.encode(batch, 1_000), 3, null);
  }

  static ByteString chunk(Chunk.Builder chunk) {
    return bytes(Frame.newBuilder().setChunk(chunk));
  }

  /** The chunks of one block, as one piece each. */
  static List<ByteString> chunks(int feed, long batch, byte[] block, int chunkBytes) {
    var chunks = new ArrayList<ByteString>();
    for (int from = 0; from < block.length; from += chunkBytes) {
      int to = Math.min(block.length, from + chunkBytes);
      chunks.add(
          ByteString.fromArrayUnsafe(
              Frames.encodeChunk(
                  feed, batch, from == 0 ? block.length : 0, to == block.length, block, from, to)));
    }
    return chunks;
  }

  static ByteString chunks(int feed, long batch, Batch content) {
    return concat(chunks(feed, batch, block(content), 1024));
  }

  static ByteString concat(List<ByteString> pieces) {
    ByteString all = ByteString.emptyByteString();
    for (ByteString piece : pieces) {
      all = all.concat(piece);
    }
    return all.compact();
  }

  /** Frames that {@code bytes}, which hold whole ones, consist of. */
  static List<Frame> frames(ByteString bytes) {
    var frames = new ArrayList<Frame>();
    new FrameDecoder(1 << 20).decode(ByteBuffer.wrap(bytes.toArray()), frames::add);
    return frames;
  }

  static Frame lastFrame(ByteString bytes) {
    List<Frame> frames = frames(bytes);
    return frames.get(frames.size() - 1);
  }

  // ---- Batches

  static Cursor at(long version) {
    return new Cursor.At(EPOCH, version);
  }

  static Cursor loading(long version, String position) {
    return new Cursor.Loading(EPOCH, version, Bytes.utf8(position));
  }

  /** A delta of one key with a value of {@code valueBytes} that does not compress. */
  static Batch delta(long from, long to, boolean frontier, int valueBytes) {
    return batch(at(from), at(to), frontier, to, valueBytes);
  }

  static Batch batch(Cursor from, Cursor to, boolean frontier, long version, int valueBytes) {
    byte[] value = new byte[valueBytes];
    new Random(version).nextBytes(value);
    return new Batch(
        from,
        to,
        frontier,
        false,
        List.of(
            new VersionedRecord.Header(
                Bytes.utf8("key" + version),
                DataType.STRING,
                Bytes.wrap(value),
                0,
                true,
                from instanceof Cursor.At ? version : 0,
                0)));
  }
}
