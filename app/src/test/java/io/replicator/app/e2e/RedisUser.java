package io.replicator.app.e2e;

import io.replicator.redis.embedded.RedisProcess;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody who uses a Redis, independent of the product's own clients: any command, binary-safe,
 * one by one or in pipelines. Confined to one thread.
 */
final class RedisUser implements AutoCloseable {
  private static final int TIMEOUT_MS = 60_000;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private int pending;

  RedisUser(RedisProcess redis, int database) {
    try {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), redis.port()), TIMEOUT_MS);
      socket.setSoTimeout(TIMEOUT_MS);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    call("SELECT", database);
  }

  /** Adds one command to the pipeline; arguments are byte arrays, or become text. */
  RedisUser add(Object... arguments) {
    try {
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
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    pending++;
    return this;
  }

  /** Sends what was added and reads the answers: byte arrays, longs, lists, nulls. */
  List<Object> flush() {
    try {
      out.flush();
      List<Object> replies = new ArrayList<>(pending);
      for (; pending > 0; pending--) {
        replies.add(reply());
      }
      return replies;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends what was added when it is as much as {@code commands}. */
  void flushAt(int commands) {
    if (pending >= commands) {
      flush();
    }
  }

  /** The answer to one command. */
  Object call(Object... arguments) {
    List<Object> replies = add(arguments).flush();
    return replies.get(replies.size() - 1);
  }

  /** The answer as text, null for none. */
  String text(Object... arguments) {
    return textOf(call(arguments));
  }

  long number(Object... arguments) {
    return (Long) call(arguments);
  }

  static String textOf(Object reply) {
    return reply == null ? null : new String((byte[]) reply, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
