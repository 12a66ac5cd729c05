package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * The link on which the source takes us for a replica. After the handshake, a thread moves
 * everything that arrives into the spool as it is, and another one acknowledges, once a second,
 * what has arrived: the source sees a replica that is never slow, whatever storing takes.
 *
 * <pre>
 *   handshake ──▶ snapshot (FULLRESYNC: a length or an end mark tells where it ends) ──▶ stream
 *            └───────────────── CONTINUE ─────────────────────────────────────────────────▲
 * </pre>
 */
final class ReplicaLink implements Closeable {
  private static final int MARK_BYTES = 40;
  private static final int READ_BYTES = 256 << 10;

  private final RedisConnection connection;
  private final Spool spool;
  private final Start start;
  private final Thread receiver;
  private final Thread acknowledger;

  // What follows is of the receiver, but for the offset, which the acknowledger reads.
  private long snapshotLeft;
  private final byte[] endMark;
  private final byte[] lastBytes = new byte[MARK_BYTES];
  private volatile boolean streaming;
  private volatile long receivedOffset;
  private volatile boolean closed;

  /**
   * What the source granted.
   *
   * @param fullResync whether a snapshot comes first; otherwise the stream goes on after {@code
   *     offset}
   * @param replicationId of the source's history
   * @param offset after the snapshot, or that we asked to continue from
   * @param endMarkBytes number of bytes that follow the snapshot and belong to nothing
   */
  record Start(boolean fullResync, String replicationId, long offset, int endMarkBytes) {}

  private ReplicaLink(
      RedisConnection connection, Spool spool, Start start, long snapshotBytes, byte[] endMark) {
    this.connection = connection;
    this.spool = spool;
    this.start = start;
    this.snapshotLeft = snapshotBytes;
    this.endMark = endMark;
    this.streaming = !start.fullResync();
    this.receivedOffset = start.offset();
    this.receiver = new Thread(this::receive, "capture-receive " + connection);
    this.acknowledger = new Thread(this::acknowledgeRegularly, "capture-acknowledge " + connection);
    receiver.setDaemon(true);
    acknowledger.setDaemon(true);
  }

  /**
   * Asks for the stream after {@code offset} of {@code replicationId}, and begins to receive what
   * the source grants.
   *
   * @param replicationId empty for a snapshot
   * @param connection becomes this link's, also when this fails
   */
  static ReplicaLink open(
      RedisConnection connection, Spool spool, String replicationId, long offset)
      throws IOException {
    try {
      return handshake(connection, spool, replicationId, offset);
    } catch (SocketTimeoutException e) {
      connection.close();
      throw new IOException("redis at " + connection + " does not answer PSYNC", e);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static ReplicaLink handshake(
      RedisConnection connection, Spool spool, String replicationId, long offset)
      throws IOException {
    permitted(
        connection,
        connection.call("REPLCONF", "listening-port", Integer.toString(connection.localPort())));
    permitted(connection, connection.call("REPLCONF", "capa", "eof", "capa", "psync2"));
    if (replicationId.isEmpty()) {
      connection.send("PSYNC", "?", "-1");
    } else {
      // PSYNC names the first byte wanted.
      connection.send("PSYNC", replicationId, Long.toString(offset + 1));
    }
    connection.flush();
    ByteReader in = connection.reader();
    int first = afterLineEnds(in);
    String reply = connection.line().asUtf8();
    String[] words = reply.split(" ", -1);
    if (first == '+' && words[0].equals("CONTINUE")) {
      String id = words.length > 1 ? words[1] : replicationId;
      return started(connection, spool, new Start(false, id, offset, 0), 0, null);
    }
    if (first != '+' || !words[0].equals("FULLRESYNC") || words.length < 3) {
      throw refused(connection, reply);
    }
    // Line ends keep the link alive while the source prepares the snapshot.
    int kind = afterLineEnds(in);
    String length = connection.line().asUtf8();
    if (kind != '$') {
      throw refused(connection, length);
    }
    long snapshotOffset = Long.parseLong(words[2]);
    if (length.startsWith("EOF:") && length.length() == 4 + MARK_BYTES) {
      byte[] mark = length.substring(4).getBytes(StandardCharsets.US_ASCII);
      return started(
          connection, spool, new Start(true, words[1], snapshotOffset, MARK_BYTES), 0, mark);
    }
    return started(
        connection,
        spool,
        new Start(true, words[1], snapshotOffset, 0),
        Long.parseLong(length),
        null);
  }

  private static ReplicaLink started(
      RedisConnection connection, Spool spool, Start start, long snapshotBytes, byte[] endMark) {
    var link = new ReplicaLink(connection, spool, start, snapshotBytes, endMark);
    link.receiver.start();
    link.acknowledger.start();
    return link;
  }

  private static int afterLineEnds(ByteReader in) throws IOException {
    int b;
    do {
      b = in.read();
    } while (b == '\n' || b == '\r');
    return b;
  }

  private static void permitted(RedisConnection connection, Object reply) throws IOException {
    if (reply instanceof RedisConnection.ErrorReply error) {
      throw refused(connection, error.message());
    }
  }

  private static IOException refused(RedisConnection connection, String message) {
    String lower = message.toLowerCase(Locale.ROOT);
    if (lower.startsWith("noperm")) {
      return connection.denied(message);
    }
    String advice;
    if (lower.startsWith("nomasterlink")) {
      advice = "it is a replica without its master; capture begins once it has it again";
    } else if (lower.startsWith("loading")) {
      advice = "it is loading its data; capture begins once it has done so";
    } else if (lower.contains("unknown command")) {
      advice = "replication is not allowed there; use another way of capture";
    } else {
      advice = "see the log of that server";
    }
    return new IOException(
        "redis at " + connection + " does not replicate to us (" + message + "): " + advice);
  }

  Start start() {
    return start;
  }

  /** Offset up to which the stream has arrived. Any thread. */
  long receivedOffset() {
    return receivedOffset;
  }

  /** Tells the source at once what has arrived. Any thread. */
  void acknowledge() throws IOException {
    synchronized (connection) {
      connection.send("REPLCONF", "ACK", Long.toString(receivedOffset));
      connection.flush();
    }
  }

  private void receive() {
    try {
      Bytes early = connection.reader().drain();
      received(early.array(), early.offset(), early.length());
      InputStream input = connection.input();
      byte[] buffer = new byte[READ_BYTES];
      while (!closed) {
        int length = input.read(buffer);
        if (length < 0) {
          throw new IOException("redis at " + connection + " closed the replication link");
        }
        received(buffer, 0, length);
      }
      spool.finish(null);
    } catch (SocketTimeoutException e) {
      spool.finish(new IOException("redis at " + connection + " fell silent", e));
    } catch (IOException e) {
      spool.finish(
          new IOException("replication link to " + connection + " broke: " + e.getMessage(), e));
    } catch (InterruptedException e) {
      spool.finish(null);
    } catch (RuntimeException e) {
      spool.finish(new IOException("receiving from " + connection + " failed", e));
    }
  }

  private void received(byte[] bytes, int offset, int length)
      throws IOException, InterruptedException {
    if (length == 0) {
      return;
    }
    int ofSnapshot = streaming ? 0 : snapshotPart(bytes, offset, length);
    if (streaming) {
      long before = receivedOffset;
      receivedOffset = before + length - ofSnapshot;
    }
    spool.put(bytes, offset, length);
  }

  // A source that ends its snapshot with a mark sends nothing behind it until we acknowledge: so
  // the mark is the last thing that has arrived, as Redis' own replicas assume.
  private int snapshotPart(byte[] bytes, int offset, int length) throws IOException {
    if (endMark == null) {
      int part = (int) Math.min(snapshotLeft, length);
      snapshotLeft -= part;
      if (snapshotLeft == 0) {
        streaming = true;
        acknowledge();
      }
      return part;
    }
    if (length >= MARK_BYTES) {
      System.arraycopy(bytes, offset + length - MARK_BYTES, lastBytes, 0, MARK_BYTES);
    } else {
      System.arraycopy(lastBytes, length, lastBytes, 0, MARK_BYTES - length);
      System.arraycopy(bytes, offset, lastBytes, MARK_BYTES - length, length);
    }
    if (Arrays.equals(lastBytes, endMark)) {
      streaming = true;
      acknowledge();
    }
    return length;
  }

  private void acknowledgeRegularly() {
    try {
      while (!closed) {
        TimeUnit.SECONDS.sleep(1);
        if (streaming && !closed) {
          acknowledge();
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    } catch (IOException e) {
      // The receiver meets the same end and reports it.
    }
  }

  /** Ends the link and waits for its threads. */
  @Override
  public void close() {
    closed = true;
    connection.close();
    receiver.interrupt();
    acknowledger.interrupt();
    try {
      receiver.join(5_000);
      acknowledger.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
