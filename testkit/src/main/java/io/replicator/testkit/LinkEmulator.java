package io.replicator.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A wide-area link on one machine: listens on a loopback port and forwards every connection to a
 * target, with a delay, a rate that all connections share, and a small queue at the entrance that
 * pushes back instead of dropping. Conditions may change while it runs; the link can be stalled,
 * cut and restored.
 *
 * <p>What it does not do: lose, reorder or count packets and their headers. It works on the payload
 * of TCP, so each end talks to a kernel next to it; kernels' buffers at the emulator's own sockets
 * are kept small on a slow link, so that they do not hide what the link would have made wait.
 *
 * <p>Any thread may call any method.
 */
public final class LinkEmulator implements AutoCloseable {
  private static final int SOCKET_BUFFER_BYTES = 16 * 1024;
  private static final long SLOW_BYTES_PER_SECOND = 25_000_000;
  private static final int CONNECT_TIMEOUT_MS = 5_000;

  private enum State {
    UP,
    CUT,
    CLOSED
  }

  private final InetSocketAddress target;
  private final ServerSocket listener;
  private final boolean smallBuffers;
  private final Wire toTarget;
  private final Wire fromTarget;
  private final Gate gate = new Gate();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final Thread acceptor;
  private volatile State state = State.UP;

  private LinkEmulator(InetSocketAddress target, LinkConditions conditions, ServerSocket listener) {
    this.target = target;
    this.listener = listener;
    this.smallBuffers = isSlow(conditions);
    this.toTarget = new Wire(conditions);
    this.fromTarget = new Wire(conditions);
    this.acceptor = new Thread(this::accept, "link-" + listener.getLocalPort());
    this.acceptor.setDaemon(true);
  }

  /**
   * A link to {@code target}, which need not listen yet.
   *
   * @param conditions at the start; they also decide whether kernel buffers are kept small, which
   *     costs throughput on a fast link
   */
  public static LinkEmulator to(InetSocketAddress target, LinkConditions conditions)
      throws IOException {
    var listener = new ServerSocket();
    if (isSlow(conditions)) {
      listener.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
    }
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    var link = new LinkEmulator(target, conditions, listener);
    link.acceptor.start();
    return link;
  }

  /** A link to a port of this machine. */
  public static LinkEmulator to(int port, LinkConditions conditions) throws IOException {
    return to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), conditions);
  }

  /** The loopback port to connect to in place of the target. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Takes effect at once, except for what is in the queue or under way. */
  public void change(LinkConditions conditions) {
    toTarget.change(conditions);
    fromTarget.change(conditions);
  }

  /**
   * Nothing moves any more, nothing is closed: a cable pulled. New connections hang. What was under
   * way arrives after {@link #restore}.
   */
  public void stall() {
    gate.set(false);
  }

  /** Resets all connections; new ones are served, or hang on a stalled link. */
  public void reset() {
    connections.forEach(Connection::reset);
  }

  /**
   * Resets all connections, and every new one as soon as it is accepted, until {@link #restore}.
   */
  public synchronized void cut() {
    if (state == State.UP) {
      state = State.CUT;
    }
    reset();
  }

  /** Ends a stall or a cut. */
  public synchronized void restore() {
    if (state == State.CUT) {
      state = State.UP;
    }
    gate.set(true);
  }

  /** Payload bytes that have arrived at the target, over all connections. */
  public long bytesToTarget() {
    return toTarget.deliveredBytes();
  }

  /** Payload bytes that have arrived from the target, over all connections. */
  public long bytesFromTarget() {
    return fromTarget.deliveredBytes();
  }

  /** Connections that were ever accepted, those that a cut refused among them. */
  public int acceptedConnections() {
    return accepted.get();
  }

  /** Connections that are open now. */
  public int openConnections() {
    return connections.size();
  }

  @Override
  public synchronized void close() throws IOException {
    state = State.CLOSED;
    listener.close();
    acceptor.interrupt();
    gate.set(true);
    reset();
  }

  private static boolean isSlow(LinkConditions conditions) {
    return conditions.bytesPerSecond() > 0 && conditions.bytesPerSecond() <= SLOW_BYTES_PER_SECOND;
  }

  private void accept() {
    while (state != State.CLOSED) {
      try {
        Socket client = listener.accept();
        accepted.incrementAndGet();
        // A thread of its own, so that a target that does not answer holds nobody else up.
        var opener = new Thread(() -> open(client), acceptor.getName() + "-" + accepted.get());
        opener.setDaemon(true);
        opener.start();
      } catch (IOException e) {
        // Closed, or the client is gone already: the next accept tells.
      }
    }
  }

  private void open(Socket client) {
    var connection = new Connection(client, new Socket());
    connections.add(connection);
    if (state != State.UP) {
      connection.reset();
      return;
    }
    try {
      gate.pass();
      connection.open(Thread.currentThread().getName());
    } catch (IOException | InterruptedException e) {
      connection.reset(); // what a client sees of a target that is not there
    }
    if (state != State.UP) {
      connection.reset();
    }
  }

  private final class Connection {
    private final Socket client;
    private final Socket server;
    private Pipe forth;
    private Pipe back;
    private int openEnds = 2;
    private boolean closed;

    Connection(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void open(String name) throws IOException {
      prepare(client);
      if (smallBuffers) {
        server.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
      }
      server.connect(target, CONNECT_TIMEOUT_MS);
      prepare(server);
      synchronized (this) {
        if (closed) {
          return;
        }
        forth = new Pipe(name + ">", client, server, toTarget, gate, this::reset, this::endOne);
        back = new Pipe(name + "<", server, client, fromTarget, gate, this::reset, this::endOne);
        forth.start();
        back.start();
      }
    }

    private void prepare(Socket socket) throws IOException {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (smallBuffers) {
        socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
      }
    }

    /** Both directions ended in order: nothing to reset. */
    private synchronized void endOne() {
      if (--openEnds == 0) {
        close(false);
      }
    }

    synchronized void reset() {
      close(true);
    }

    private void close(boolean abruptly) {
      if (closed) {
        return;
      }
      closed = true;
      connections.remove(this);
      if (forth != null) {
        forth.interrupt();
        back.interrupt();
      }
      closeSocket(client, abruptly);
      closeSocket(server, abruptly);
    }

    private static void closeSocket(Socket socket, boolean abruptly) {
      try (socket) {
        if (abruptly) {
          socket.setSoLinger(true, 0); // makes close send a RST
        }
      } catch (IOException e) {
        // It was broken already, which is what we wanted.
      }
    }
  }
}
