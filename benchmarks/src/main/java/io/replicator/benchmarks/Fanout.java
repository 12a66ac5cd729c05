package io.replicator.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.benchmarks.broadcast.Broadcaster;
import io.replicator.benchmarks.child.ChildProcess;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.util.List;

/** A server that sends the same to many clients: a hub, or the bare broadcaster beside it. */
interface Fanout extends AutoCloseable {
  String name();

  ChildProcess server();

  int port();

  /** What a crowd has to speak. */
  String kind();

  /**
   * Makes the server send messages for some time.
   *
   * @return how many, each to every client
   */
  long send(double perSecond, double seconds) throws IOException;

  /** After all is quiet: fails where a client that looks has not got what it should have. */
  void check(ChildProcess crowd, int looking) throws IOException;

  @Override
  void close() throws IOException;

  /** A hub that follows a Redis into which quotes are written. */
  final class OfHub implements Fanout {
    private final RedisProcess source = RedisServers.start();
    private final QuoteWriter writer = new QuoteWriter(source);
    private final HubProcess hub = HubProcess.of(source, QuoteWriter.KEYS);
    private final String kind;

    /**
     * @param kind websocket, or tcp for the same sessions without HTTP
     */
    OfHub(String kind) throws IOException {
      this.kind = kind;
    }

    @Override
    public String name() {
      return kind.equals("tcp") ? "Replicator, TCP" : "Replicator";
    }

    @Override
    public ChildProcess server() {
      return hub.process();
    }

    @Override
    public int port() {
      return kind.equals("tcp") ? hub.tcpPort() : hub.httpPort();
    }

    @Override
    public String kind() {
      return kind;
    }

    @Override
    public long send(double perSecond, double seconds) throws IOException {
      return writer.run(perSecond, seconds);
    }

    @Override
    public void check(ChildProcess crowd, int looking) throws IOException {
      JsonNode copies = crowd.call(JsonNode.class, "copies");
      if (copies.size() != 1 || copies.path(writer.digest()).intValue() != looking) {
        throw new IOException(
            "of " + looking + " copies " + copies.path(writer.digest()) + " equal the source");
      }
    }

    @Override
    public void close() throws IOException {
      hub.close();
      writer.close();
      source.close();
    }
  }

  /** Pekko HTTP alone. */
  final class OfBroadcaster implements Fanout {
    private final ChildProcess server =
        ChildProcess.start(
            Broadcaster.class, JvmOptions.with(HubProcess.HEAP, "-XX:+UseG1GC"), List.of());
    private final int port = server.call(Integer.class, "port");
    private final int messageBytes;

    /**
     * @param messageBytes of each message, the WebSocket's own header aside
     */
    OfBroadcaster(int messageBytes) throws IOException {
      this.messageBytes = messageBytes;
    }

    @Override
    public String name() {
      return "bare Pekko HTTP";
    }

    @Override
    public ChildProcess server() {
      return server;
    }

    @Override
    public int port() {
      return port;
    }

    @Override
    public String kind() {
      return "broadcast";
    }

    @Override
    public long send(double perSecond, double seconds) throws IOException {
      return server
          .call(Broadcaster.Broadcast.class, "broadcast", messageBytes, perSecond, seconds)
          .sent();
    }

    @Override
    public void check(ChildProcess crowd, int looking) {
      // Messages are counted; there is no state that could differ.
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
