package io.replicator.benchmarks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Commands to a Redis server of this machine. It takes as little of the shared processors as
 * possible, and it is not the code under test: what is measured is seen from outside. Confined to
 * one thread.
 */
final class RedisConnection implements AutoCloseable {
  private static final int TIMEOUT_MS = 120_000;
  private static final byte[] SET = ascii("*3\r\n$3\r\nSET\r\n$");
  private static final byte[] OK = ascii("+OK\r\n");

  /** The server answered with an error. */
  static final class RedisErrorException extends IOException {
    RedisErrorException(String message) {
      super(message);
    }
  }

  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private byte[] buffer = new byte[1 << 20];
  private int length;
  private int pending;

  RedisConnection(int port) throws IOException {
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MS);
    socket.setSoTimeout(TIMEOUT_MS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    out = socket.getOutputStream();
  }

  /** Adds a SET to those that {@link #flushSets} sends. */
  void set(byte[] key, byte[] values, int offset, int valueLength) {
    append(SET, 0, SET.length);
    appendBulk(key, 0, key.length);
    append('$');
    appendBulk(values, offset, valueLength);
    pending++;
  }

  int pending() {
    return pending;
  }

  /** Sends the commands added and waits until every one is answered with OK. */
  void flushSets() throws IOException {
    out.write(buffer, 0, length);
    length = 0;
    for (; pending > 0; pending--) {
      byte[] reply = in.readNBytes(OK.length);
      if (!Arrays.equals(reply, OK)) {
        throw new IOException("SET answered with " + new String(reply, StandardCharsets.US_ASCII));
      }
    }
  }

  /** One command; the answer is a text, a number, a list or null. */
  Object call(String... arguments) throws IOException {
    length = 0;
    append('*');
    appendNumber(arguments.length);
    for (String argument : arguments) {
      byte[] bytes = argument.getBytes(StandardCharsets.UTF_8);
      append('$');
      appendBulk(bytes, 0, bytes.length);
    }
    out.write(buffer, 0, length);
    length = 0;
    return reply();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void appendBulk(byte[] bytes, int offset, int bulkLength) {
    appendNumber(bulkLength);
    append(bytes, offset, bulkLength);
    append('\r');
    append('\n');
  }

  private void appendNumber(int number) {
    byte[] digits = ascii(Integer.toString(number));
    append(digits, 0, digits.length);
    append('\r');
    append('\n');
  }

  private void append(char c) {
    reserve(1);
    buffer[length++] = (byte) c;
  }

  private void append(byte[] bytes, int offset, int count) {
    reserve(count);
    System.arraycopy(bytes, offset, buffer, length, count);
    length += count;
  }

  private void reserve(int count) {
    if (buffer.length - length < count) {
      buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + count));
    }
  }

  private Object reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case '+':
        return rest;
      case ':':
        return Long.valueOf(rest);
      case '$':
        int size = Integer.parseInt(rest);
        if (size < 0) {
          return null;
        }
        String text = new String(in.readNBytes(size), StandardCharsets.UTF_8);
        in.skipNBytes(2);
        return text;
      case '*':
        List<Object> elements = new ArrayList<>();
        for (int left = Integer.parseInt(rest); left > 0; left--) {
          elements.add(reply());
        }
        return elements;
      default:
        throw new RedisErrorException(rest);
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

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
