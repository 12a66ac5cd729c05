package io.replicator.actors.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.Blocks;
import io.replicator.protocol.Frames;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Source;
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
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A hub whose every word the test says, on a real socket: tests read like transcripts. Waits at
 * most five seconds for anything.
 */
final class ScriptedHub implements AutoCloseable {
  static final Epoch EPOCH = new Epoch(0x1234);
  private static final int WAIT_MS = 5_000;

  private final ServerSocket server;

  ScriptedHub() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    server.setSoTimeout(WAIT_MS);
  }

  InetSocketAddress address() {
    return InetSocketAddress.createUnresolved("127.0.0.1", server.getLocalPort());
  }

  Connection accept() throws IOException {
    return new Connection(server.accept());
  }

  /** Accepts, reads Hello and welcomes with one feed of database 0. */
  Connection welcome(Cursor resumedFrom, long head) throws IOException {
    Connection connection = accept();
    connection.readHello();
    connection.welcome(WireMapping.toWire(feed(1, "0"), resumedFrom, "", head, 10, 1_000));
    return connection;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  static Feed feed(int id, String database) {
    return new Feed(id, new FeedKey(database, "f" + id), QosLevel.REALTIME, KeyFilter.ALL);
  }

  static Cursor at(long version) {
    return new Cursor.At(EPOCH, version);
  }

  /** One string, named after the version, with a value of {@code valueBytes} random bytes. */
  static Batch batch(Cursor from, long to, boolean frontier, int valueBytes) {
    byte[] value = new byte[valueBytes];
    new Random(to).nextBytes(value);
    return new Batch(from, at(to), frontier, false, List.of(string("key" + to, value, from, to)));
  }

  static VersionedRecord string(String key, byte[] value, Cursor from, long version) {
    return new VersionedRecord.Header(
        Bytes.utf8(key),
        DataType.STRING,
        Bytes.wrap(value),
        0,
        true,
        from instanceof Cursor.At ? version : 0,
        0);
  }

  /** One client's connection. */
  static final class Connection implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final Map<Integer, Long> batches = new HashMap<>();
    private final Map<Integer, Long> taken = new HashMap<>();
    private final Map<Integer, Long> applied = new HashMap<>();
    private long receivedBytes;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      socket.setSoTimeout(WAIT_MS);
      socket.setTcpNoDelay(true);
      this.in = new DataInputStream(socket.getInputStream());
    }

    // ---- What the client says

    Frame read() throws IOException {
      byte[] content = new byte[in.readInt()];
      in.readFully(content);
      Frame frame = Frame.parseFrom(content);
      if (frame.hasAck()) {
        receivedBytes = frame.getAck().getReceivedBytes();
        for (FeedAck feed : frame.getAck().getFeedsList()) {
          taken.put(feed.getFeed(), feed.getTakenBatch());
          applied.put(feed.getFeed(), feed.getAppliedBatch());
        }
      }
      return frame;
    }

    Hello readHello() throws IOException {
      Frame frame = read();
      assertThat(frame.hasHello()).as("first frame: %s", frame).isTrue();
      return frame.getHello();
    }

    void readUntilApplied(int feed, long batch) throws IOException {
      while (applied(feed) < batch) {
        read();
      }
    }

    void readUntilTaken(int feed, long batch) throws IOException {
      while (taken(feed) < batch) {
        read();
      }
    }

    void readUntilReceived(long bytes) throws IOException {
      while (receivedBytes < bytes) {
        read();
      }
    }

    String readGoodbye() throws IOException {
      while (true) {
        Frame frame = read();
        if (frame.hasGoodbye()) {
          return frame.getGoodbye().getReason();
        }
      }
    }

    /** Reads until the client closes. */
    void readToEnd() throws IOException {
      try {
        while (true) {
          read();
        }
      } catch (EOFException | SocketException closed) {
        // What was waited for.
      }
    }

    long taken(int feed) {
      return taken.getOrDefault(feed, 0L);
    }

    long applied(int feed) {
      return applied.getOrDefault(feed, 0L);
    }

    // ---- What the hub says

    void welcome(io.replicator.protocol.v1.Feed... feeds) throws IOException {
      welcome(60_000, feeds);
    }

    void welcome(int heartbeatMs, io.replicator.protocol.v1.Feed... feeds) throws IOException {
      send(
          Frame.newBuilder()
              .setWelcome(
                  Welcome.newBuilder()
                      .setProtocolVersion(1)
                      .setHubId("scripted")
                      .setEpoch(EPOCH.id())
                      .setSessionId(1)
                      .setHeartbeatIntervalMs(heartbeatMs)
                      .addSources(Source.newBuilder().setId("redis:abc").setAddress("a:1"))
                      .addAllFeeds(List.of(feeds))));
    }

    void refuse(Refusal.Reason reason, String detail) throws IOException {
      send(Frame.newBuilder().setRefusal(Refusal.newBuilder().setReason(reason).setDetail(detail)));
    }

    void heartbeat(long... heads) throws IOException {
      Heartbeat.Builder heartbeat = Heartbeat.newBuilder();
      for (long head : heads) {
        heartbeat.addHeads(head);
      }
      send(Frame.newBuilder().setHeartbeat(heartbeat));
    }

    void dictionary(ZstdDictionary dictionary) throws IOException {
      send(
          Frame.newBuilder()
              .setDictionary(
                  Dictionary.newBuilder()
                      .setId(dictionary.id())
                      .setContent(UnsafeByteOperations.unsafeWrap(dictionary.content()))));
    }

    void goodbye(String reason) throws IOException {
      send(Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)));
    }

    /** The next batch of a feed; returns the bytes sent. */
    int batch(int feed, Batch batch) throws IOException {
      return batch(feed, batch, null);
    }

    int batch(int feed, Batch batch, ZstdDictionary dictionary) throws IOException {
      byte[] plain = BatchCodec.encode(batch, System.currentTimeMillis());
      byte[] block = Blocks.encode(plain, 3, dictionary);
      long number = batches.merge(feed, 1L, Long::sum);
      int sent = 0;
      for (int from = 0; from < block.length; from += 1024) {
        int to = Math.min(block.length, from + 1024);
        byte[] frame =
            Frames.encodeChunk(
                feed, number, from == 0 ? block.length : 0, to == block.length, block, from, to);
        send(frame);
        sent += frame.length;
      }
      return sent;
    }

    void send(Frame.Builder frame) throws IOException {
      send(Frames.encode(frame.build()));
    }

    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
