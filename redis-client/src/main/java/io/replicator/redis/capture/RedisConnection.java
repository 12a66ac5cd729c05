package io.replicator.redis.capture;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.replicator.replication.Bytes;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;

/**
 * A blocking connection to one Redis server or sentinel, authenticated. Small on purpose: capture
 * needs the bare byte stream behind PSYNC, and replies that are read piece by piece, neither of
 * which a client library hands out.
 *
 * <p>One thread writes and reads; {@link #close} from any, which ends what they wait for.
 */
final class RedisConnection implements Closeable {
  private static final int CHUNK_BYTES = 64 << 10;
  private static final int REPLY_BYTES_MAX = 64 << 20;
  private static final int REPLY_ELEMENTS_MAX = 1 << 20;

  private final InetSocketAddress address;
  private final Socket socket;
  private final InputStream input;
  private final OutputStream output;
  private final ByteReader reader;

  /** An error that a server replied. */
  record ErrorReply(String message) {}

  private RedisConnection(InetSocketAddress address, Socket socket) throws IOException {
    this.address = address;
    this.socket = socket;
    this.input = socket.getInputStream();
    this.output = new BufferedOutputStream(socket.getOutputStream(), CHUNK_BYTES);
    this.reader =
        new ByteReader(
            new ByteReader.ChunkSource() {
              @Override
              public Bytes next() throws IOException {
                byte[] chunk = new byte[CHUNK_BYTES];
                int length = input.read(chunk);
                return length < 0 ? null : Bytes.wrap(chunk, 0, length);
              }

              @Override
              public boolean ready() {
                return true;
              }
            });
  }

  /**
   * Connects and authenticates.
   *
   * @throws IOException whose message says what failed, where, and what to do
   */
  static RedisConnection open(InetSocketAddress address, RedisCaptureSettings settings)
      throws IOException {
    RedisConnection connection = connect(address, settings);
    try {
      connection.authenticate(settings);
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static RedisConnection connect(InetSocketAddress address, RedisCaptureSettings settings)
      throws IOException {
    int connectMs = Math.toIntExact(settings.connectTimeout().toMillis());
    var socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.connect(
          new InetSocketAddress(InetAddress.getByName(address.getHostString()), address.getPort()),
          connectMs);
      socket.setSoTimeout(Math.toIntExact(settings.readTimeout().toMillis()));
      if (settings.tls().isPresent()) {
        return new RedisConnection(
            address, encrypted(socket, address, settings.tls().get(), connectMs));
      }
      return new RedisConnection(address, socket);
    } catch (UnknownHostException e) {
      socket.close();
      throw new IOException(
          "cannot resolve the host name " + address.getHostString() + " of the source", e);
    } catch (IOException e) {
      socket.close();
      throw new IOException(
          "cannot connect to redis at "
              + text(address)
              + ": "
              + e.getMessage()
              + "; is the server running and reachable from here"
              + (settings.tls().isPresent() ? ", with TLS on that port?" : "?"),
          e);
    }
  }

  private static Socket encrypted(
      Socket plain, InetSocketAddress address, RedisCaptureSettings.Tls tls, int handshakeMs)
      throws IOException {
    SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
    try {
      tls.ca().ifPresent(ca -> builder.trustManager(ca.toFile()));
      tls.certificate()
          .ifPresent(
              certificate ->
                  builder.keyManager(certificate.toFile(), tls.key().orElse(certificate).toFile()));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "a TLS file is not what it should be (PEM; the key as PKCS #8): " + e.getMessage(), e);
    }
    var context = (JdkSslContext) builder.build();
    var socket =
        (SSLSocket)
            context
                .context()
                .getSocketFactory()
                .createSocket(plain, address.getHostString(), address.getPort(), true);
    int readMs = socket.getSoTimeout();
    socket.setSoTimeout(handshakeMs);
    socket.startHandshake();
    socket.setSoTimeout(readMs);
    return socket;
  }

  private void authenticate(RedisCaptureSettings settings) throws IOException {
    if (!settings.password().isEmpty()) {
      Object reply =
          settings.user().isEmpty()
              ? call("AUTH", settings.password())
              : call("AUTH", settings.user(), settings.password());
      if (reply instanceof ErrorReply error) {
        String who = settings.user().isEmpty() ? "the password" : "user " + settings.user();
        throw new IOException(
            "redis at "
                + this
                + " refuses "
                + who
                + " ("
                + error.message()
                + "): check user and password of the source");
      }
    }
    if (call("PING") instanceof ErrorReply error) {
      String message = error.message();
      if (message.startsWith("NOAUTH")) {
        throw new IOException(
            "redis at " + this + " wants a password (" + message + "): set that of the source");
      }
      if (message.startsWith("NOPERM")) {
        throw denied(message);
      }
      // Anything else (-LOADING, -MASTERDOWN) concerns data; who needs data gets it again there.
    }
  }

  /** The error for a user who may not do what capture needs. */
  IOException denied(String message) {
    return new IOException(
        "redis at "
            + this
            + " denies what capture needs ("
            + message
            + "): grant its user +psync +replconf +ping +info +multi +exec +select +dump"
            + " +pexpiretime +pttl +time +command ~*");
  }

  InetSocketAddress address() {
    return address;
  }

  /** For reading what follows a request piece by piece. */
  ByteReader reader() {
    return reader;
  }

  /** For the bare stream behind the replies read so far, {@link ByteReader#drain} first. */
  InputStream input() {
    return input;
  }

  int localPort() {
    return socket.getLocalPort();
  }

  void send(String... args) throws IOException {
    Bytes[] bytes = new Bytes[args.length];
    for (int i = 0; i < args.length; i++) {
      bytes[i] = Bytes.utf8(args[i]);
    }
    send(bytes);
  }

  void send(Bytes... args) throws IOException {
    output.write(("*" + args.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
    for (Bytes arg : args) {
      output.write(("$" + arg.length() + "\r\n").getBytes(StandardCharsets.US_ASCII));
      output.write(arg.array(), arg.offset(), arg.length());
      output.write('\r');
      output.write('\n');
    }
  }

  void flush() throws IOException {
    try {
      output.flush();
    } catch (SocketException e) {
      throw broken(e);
    }
  }

  Object call(String... args) throws IOException {
    send(args);
    flush();
    return reply();
  }

  /**
   * A reply: {@link Bytes} for a string, {@link Long}, {@link List}, {@link ErrorReply}, or null.
   */
  Object reply() throws IOException {
    try {
      return reply(reader.read(), 0);
    } catch (SocketTimeoutException e) {
      throw new IOException("redis at " + this + " does not answer", e);
    } catch (StreamCorruptedException e) {
      throw new IOException(
          "what answers at " + this + " is not a Redis server, or wants TLS: " + e.getMessage(), e);
    } catch (EOFException | SocketException e) {
      throw broken(e);
    }
  }

  private IOException broken(IOException e) {
    return new IOException(
        "redis at "
            + this
            + " closed the connection ("
            + e.getMessage()
            + "); does it want TLS, or is it too busy?",
        e);
  }

  private Object reply(int first, int depth) throws IOException {
    switch (first) {
      case '+':
        return line();
      case '-':
        return new ErrorReply(line().asUtf8());
      case ':':
        return reader.decimalLine();
      case '$':
        long length = reader.decimalLine();
        if (length < 0) {
          return null;
        }
        if (length > REPLY_BYTES_MAX) {
          throw new StreamCorruptedException("a reply of " + length + " bytes");
        }
        Bytes bytes = reader.read((int) length);
        reader.expect('\r');
        reader.expect('\n');
        return bytes;
      case '*':
        long count = reader.decimalLine();
        if (count < 0) {
          return null;
        }
        if (count > REPLY_ELEMENTS_MAX || depth > 8) {
          throw new StreamCorruptedException("a reply of " + count + " elements");
        }
        List<Object> elements = new ArrayList<>();
        for (long i = 0; i < count; i++) {
          elements.add(reply(reader.read(), depth + 1));
        }
        return elements;
      default:
        throw new StreamCorruptedException(
            String.format("byte 0x%02x where a reply begins", first));
    }
  }

  /** The rest of a line, without its end. */
  Bytes line() throws IOException {
    var line = new java.io.ByteArrayOutputStream();
    for (int b = reader.read(); b != '\n'; b = reader.read()) {
      if (line.size() > CHUNK_BYTES) {
        throw new StreamCorruptedException("a line of more than " + CHUNK_BYTES + " bytes");
      }
      line.write(b);
    }
    return Bytes.utf8(line.toString(StandardCharsets.UTF_8).trim());
  }

  /** One of the {@code name:value} lines of INFO; empty where there is none. */
  static String infoLine(Bytes info, String name) {
    for (String line : info.asUtf8().split("\r?\n", -1)) {
      if (line.startsWith(name) && line.startsWith(":", name.length())) {
        return line.substring(name.length() + 1);
      }
    }
    return "";
  }

  static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is lost: whatever the connection was for is over.
    }
  }

  /** The address, for messages. */
  @Override
  public String toString() {
    return text(address);
  }
}
