package io.replicator.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * One direction of one connection: a thread reads segments and puts them on the wire, another takes
 * them off when they arrive. An end of input travels like a segment and becomes an end of output; a
 * failure on either side ends the connection.
 */
final class Pipe {
  private static final class Segment {
    private final byte[] bytes;
    private final long arrivesAtNs;

    Segment(byte[] bytes, long arrivesAtNs) {
      this.bytes = bytes;
      this.arrivesAtNs = arrivesAtNs;
    }

    boolean endsInput() {
      return bytes.length == 0;
    }
  }

  private final Socket from;
  private final Socket to;
  private final Wire wire;
  private final Gate gate;
  private final Runnable onFailure;
  private final Runnable onEnd;
  private final ArrayDeque<Segment> underWay = new ArrayDeque<>();
  private long underWayBytes;
  private final Thread reader;
  private final Thread writer;

  Pipe(
      String name,
      Socket from,
      Socket to,
      Wire wire,
      Gate gate,
      Runnable onFailure,
      Runnable onEnd) {
    this.from = from;
    this.to = to;
    this.wire = wire;
    this.gate = gate;
    this.onFailure = onFailure;
    this.onEnd = onEnd;
    this.reader = thread(name + "-in", this::read);
    this.writer = thread(name + "-out", this::write);
  }

  void start() {
    reader.start();
    writer.start();
  }

  void interrupt() {
    reader.interrupt();
    writer.interrupt();
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private Thread thread(String name, Work work) {
    var thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException | InterruptedException e) {
                onFailure.run(); // a fixture's connections break on purpose: the ends notice
              }
            },
            name);
    thread.setDaemon(true);
    return thread;
  }

  private void read() throws IOException, InterruptedException {
    InputStream input = from.getInputStream();
    var buffer = new byte[Wire.SEGMENT_BYTES];
    while (true) {
      awaitRoom();
      gate.pass();
      int read = input.read(buffer);
      gate.pass();
      byte[] bytes = Arrays.copyOf(buffer, Math.max(read, 0));
      long arrivesAtNs = wire.send(bytes.length);
      synchronized (underWay) {
        underWay.add(new Segment(bytes, arrivesAtNs));
        underWayBytes += bytes.length;
        underWay.notifyAll();
      }
      if (read < 0) {
        return;
      }
    }
  }

  private void write() throws IOException, InterruptedException {
    OutputStream output = to.getOutputStream();
    while (true) {
      Segment segment = first();
      Wire.sleepUntil(segment.arrivesAtNs);
      gate.pass();
      if (segment.endsInput()) {
        to.shutdownOutput();
        onEnd.run();
        return;
      }
      output.write(segment.bytes);
      wire.countDelivered(segment.bytes.length);
      synchronized (underWay) {
        underWay.remove();
        underWayBytes -= segment.bytes.length;
        underWay.notifyAll();
      }
    }
  }

  private void awaitRoom() throws InterruptedException {
    synchronized (underWay) {
      while (underWayBytes >= wire.conditions().connectionBytesMax()) {
        underWay.wait();
      }
    }
  }

  private Segment first() throws InterruptedException {
    synchronized (underWay) {
      while (underWay.isEmpty()) {
        underWay.wait();
      }
      return underWay.peek();
    }
  }
}
