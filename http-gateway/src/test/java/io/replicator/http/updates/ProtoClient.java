package io.replicator.http.updates;

import static org.awaitility.Awaitility.await;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.Capabilities;
import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchCodec;
import io.replicator.streams.WireMapping;
import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program that speaks frames in binary messages. It reads nothing while it is paused. */
final class ProtoClient implements WebSocket.Listener {
  final CompletableFuture<JsonClient.End> end = new CompletableFuture<>();
  final Map<String, String> copy = new LinkedHashMap<>();
  Batch lastBatch;
  private final FrameDecoder decoder = new FrameDecoder(1 << 20);
  private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
  private final Map<Integer, ByteArrayOutputStream> blocks = new HashMap<>();
  private volatile boolean paused;
  private WebSocket socket;
  private long received = -1;

  static ProtoClient connect(ServedSessions hub) throws Exception {
    var client = new ProtoClient();
    client.socket =
        ServedSessions.await(
            hub.http
                .newWebSocketBuilder()
                .subprotocols("replicator.v1.unknown", Updates.PROTO)
                .buildAsync(hub.updates(), client));
    client.send(
        Frame.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setProtocolVersion(1)
                    .addCapabilities(Capabilities.SUBSCRIBE)
                    .setClientName("proto")));
    return client;
  }

  String subprotocol() {
    return socket.getSubprotocol();
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
    decoder.decode(data, frames::add);
    if (!paused) {
      webSocket.request(1);
    }
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    end.complete(new JsonClient.End(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    end.completeExceptionally(error);
  }

  void pause() {
    paused = true;
  }

  void subscribe(int tag, String database, String pattern, Cursor cursor) throws Exception {
    var subscribe =
        Subscribe.newBuilder()
            .setTag(tag)
            .setDatabase(database)
            .addInclude(com.google.protobuf.ByteString.copyFromUtf8(pattern));
    if (!(cursor instanceof Cursor.Nothing)) {
      subscribe.setResume(Resume.newBuilder().setCursor(WireMapping.toWire(cursor)));
    }
    send(Frame.newBuilder().setSubscribe(subscribe));
  }

  void send(Frame.Builder frame) throws Exception {
    send(Frames.encode(frame.build()));
  }

  void send(byte[] bytes) throws Exception {
    ServedSessions.await(socket.sendBinary(ByteBuffer.wrap(bytes), true));
  }

  void sendText(String text) throws Exception {
    ServedSessions.await(socket.sendText(text, true));
  }

  Frame frame() throws Exception {
    Frame frame = frames.poll(20, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("no frame; ended: " + end);
    }
    if (received >= 0) {
      received += Integer.BYTES + frame.getSerializedSize();
    }
    if (frame.hasWelcome()) {
      received = 0;
    }
    return frame;
  }

  /** Waits for one that has come and stays unread. */
  void awaitChunk() {
    await().atMost(Duration.ofSeconds(30)).until(() -> frames.stream().anyMatch(Frame::hasChunk));
  }

  private Chunk chunk() throws Exception {
    while (true) {
      Frame frame = frame();
      if (frame.hasChunk()) {
        return frame.getChunk();
      }
      send(Frame.newBuilder().setAck(Ack.newBuilder().setReceivedBytes(Math.max(0, received))));
    }
  }

  /** The next whole batch, applied to the copy and acknowledged. */
  Batch batch() throws Exception {
    while (true) {
      Chunk chunk = chunk();
      ByteArrayOutputStream block =
          blocks.computeIfAbsent(chunk.getFeed(), feed -> new ByteArrayOutputStream());
      block.writeBytes(chunk.getPayload().toByteArray());
      var ack = Ack.newBuilder().setReceivedBytes(received);
      if (chunk.getLast()) {
        ack.addFeeds(
            FeedAck.newBuilder()
                .setFeed(chunk.getFeed())
                .setTakenBatch(chunk.getBatch())
                .setAppliedBatch(chunk.getBatch()));
      }
      send(Frame.newBuilder().setAck(ack));
      if (chunk.getLast()) {
        blocks.remove(chunk.getFeed());
        byte[] plain = Blocks.decode(block.toByteArray(), WireLimits.DEFAULT, id -> null);
        lastBatch = BatchCodec.decode(plain).batch();
        for (VersionedRecord versioned : lastBatch.records()) {
          if (versioned instanceof VersionedRecord.Header header) {
            copy.put(header.key().asUtf8(), header.value().asUtf8());
          }
        }
        return lastBatch;
      }
    }
  }

  void caughtUp() throws Exception {
    Batch batch;
    do {
      batch = batch();
    } while (!batch.frontier());
  }
}
