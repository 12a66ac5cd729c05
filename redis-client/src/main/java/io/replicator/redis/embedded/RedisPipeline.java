package io.replicator.redis.embedded;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands to a Redis server of this machine, sent together and answered together. Speaks the
 * protocol by itself, so that whoever demonstrates or tests looks at servers independently of what
 * is demonstrated. Confined to one thread.
 */
public final class RedisPipeline implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private int pending;

  /**
   * @param patience for the connection and for each answer
   */
  public RedisPipeline(int port, int database, Duration patience) throws IOException {
    int patienceMs = (int) patience.toMillis();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), patienceMs);
    socket.setSoTimeout(patienceMs);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    add("SELECT", database).flush();
  }

  /** Adds one command; arguments are byte arrays, or whatever {@link String#valueOf} makes text. */
  public RedisPipeline add(Object... arguments) throws IOException {
    write("*" + arguments.length + "\r\n");
    for (Object argument : arguments) {
      byte[] bytes =
          argument instanceof byte[] binary
              ? binary
              : String.valueOf(argument).getBytes(StandardCharsets.UTF_8);
      write("$" + bytes.length + "\r\n");
      out.write(bytes);
      write("\r\n");
    }
    pending++;
    return this;
  }

  /** Commands that wait for {@link #flush}. */
  public int pending() {
    return pending;
  }

  /**
   * Sends what was added and reads the answers: texts as byte arrays, numbers, lists, null.
   *
   * @throws IOException also when a command is refused
   */
  public List<Object> flush() throws IOException {
    out.flush();
    List<Object> replies = new ArrayList<>(pending);
    for (; pending > 0; pending--) {
      replies.add(reply());
    }
    return replies;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private Object reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case '+':
        return rest.getBytes(StandardCharsets.UTF_8);
      case ':':
        return Long.parseLong(rest);
      case '$':
        int length = Integer.parseInt(rest);
        if (length < 0) {
          return null;
        }
        byte[] text = in.readNBytes(length);
        in.skipNBytes(2);
        return text;
      case '*':
        int size = Integer.parseInt(rest);
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          elements.add(reply());
        }
        return elements;
      default:
        throw new IOException("redis-server refused: " + rest);
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\r'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("redis-server closed the connection");
      }
      line.append((char) b);
    }
    in.skipNBytes(1);
    return line.toString();
  }
}
