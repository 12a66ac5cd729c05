package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounded queue of bytes between the thread that reads the source's socket and the one that
 * stores: in memory while the reader keeps up, on disk beyond that, so that the source never waits
 * for slow storing and never drops us for it.
 *
 * <p>Order is memory, then disk: while anything is on disk, new bytes go there too, and only when
 * the reader has drained the disk does memory take them again. So memory always holds the oldest
 * bytes. Segment files are written and read once, front to back, and deleted when consumed. They
 * are worthless after a restart (the source sends the bytes again) and deleted then.
 *
 * <p>One writer and one reader thread; {@link #close} and the counters from any.
 */
final class Spool implements ByteReader.ChunkSource, Closeable {
  private static final String PREFIX = "spool-";
  private static final String SUFFIX = ".segment";
  private static final int READ_BYTES = 256 << 10;

  private final Path directory;
  private final long bytesMax;
  private final long memoryBytesMax;
  private final long segmentBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Bytes> memory = new ArrayDeque<>();
  private final Deque<Segment> segments = new ArrayDeque<>();
  private long memoryBytes;
  private long diskBytes;
  private long segmentsMade;
  private long fullCount;
  private boolean full;
  private boolean closed;
  private boolean finished;
  private IOException failure;

  /** The reader's position and the writer's in one file: {@code 0 <= read <= written}. */
  private static final class Segment {
    final Path file;
    final FileChannel channel;
    long read;
    long written;

    Segment(Path file) throws IOException {
      this.file = file;
      this.channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
    }

    void delete() throws IOException {
      channel.close();
      Files.deleteIfExists(file);
    }
  }

  /**
   * @param directory for this spool alone; what an earlier one left there is deleted
   * @param bytesMax in memory and on disk together
   */
  Spool(Path directory, long bytesMax, long memoryBytesMax, long segmentBytes) throws IOException {
    this.directory = directory;
    this.bytesMax = bytesMax;
    this.memoryBytesMax = memoryBytesMax;
    this.segmentBytes = segmentBytes;
    Files.createDirectories(directory);
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(directory, PREFIX + "*" + SUFFIX)) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    }
  }

  /**
   * Appends a copy of {@code length} bytes, waiting while the spool is full. Does nothing once it
   * is closed.
   */
  void put(byte[] buffer, int offset, int length) throws IOException, InterruptedException {
    lock.lock();
    try {
      // A spool that is empty takes anything, so that no bound can stop the stream for good.
      while (!closed && bytes() > 0 && bytes() + length > bytesMax) {
        if (!full) {
          full = true;
          fullCount++;
        }
        changed.await();
      }
      full = false;
      if (closed || length == 0) {
        return;
      }
      if (diskBytes == 0 && memoryBytes + length <= memoryBytesMax) {
        byte[] copy = new byte[length];
        System.arraycopy(buffer, offset, copy, 0, length);
        memory.add(Bytes.wrap(copy));
        memoryBytes += length;
      } else {
        append(ByteBuffer.wrap(buffer, offset, length));
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing more will be put. The reader gets what there is, then {@code cause}, or the end where
   * it is null.
   */
  void finish(IOException cause) {
    lock.lock();
    try {
      finished = true;
      failure = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Bytes next() throws IOException {
    lock.lock();
    try {
      while (true) {
        if (closed) {
          return null;
        }
        Bytes chunk = memory.poll();
        if (chunk != null) {
          memoryBytes -= chunk.length();
          changed.signalAll();
          return chunk;
        }
        if (diskBytes > 0) {
          chunk = readSegment();
          changed.signalAll();
          return chunk;
        }
        if (finished) {
          if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
          }
          return null;
        }
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean ready() {
    lock.lock();
    try {
      return bytes() > 0 || finished || closed;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes put and not yet read. */
  long spooledBytes() {
    lock.lock();
    try {
      return bytes();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the writer waits for room right now. */
  boolean isFull() {
    lock.lock();
    try {
      return full;
    } finally {
      lock.unlock();
    }
  }

  /** How often the writer had to wait for room. */
  long timesFull() {
    lock.lock();
    try {
      return fullCount;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes writer and reader and deletes the files; bytes not yet read are lost. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      memory.clear();
      memoryBytes = 0;
      diskBytes = 0;
      IOException failed = null;
      for (Segment segment : segments) {
        try {
          segment.delete();
        } catch (IOException e) {
          failed = e;
        }
      }
      segments.clear();
      if (failed != null) {
        throw new UncheckedIOException("spool files in " + directory + " remain", failed);
      }
    } finally {
      lock.unlock();
    }
  }

  private long bytes() {
    return memoryBytes + diskBytes;
  }

  private void append(ByteBuffer bytes) throws IOException {
    Segment segment = segments.peekLast();
    if (segment == null || segment.written >= segmentBytes) {
      segment = new Segment(directory.resolve(PREFIX + segmentsMade + SUFFIX));
      segmentsMade++;
      segments.add(segment);
    }
    while (bytes.hasRemaining()) {
      int written = segment.channel.write(bytes, segment.written);
      segment.written += written;
      diskBytes += written;
    }
  }

  private Bytes readSegment() throws IOException {
    Segment segment = segments.peekFirst();
    byte[] chunk = new byte[(int) Math.min(READ_BYTES, segment.written - segment.read)];
    ByteBuffer buffer = ByteBuffer.wrap(chunk);
    while (buffer.hasRemaining()) {
      if (segment.channel.read(buffer, segment.read + buffer.position()) < 0) {
        throw new IOException(segment.file + " is shorter than what was written to it");
      }
    }
    segment.read += chunk.length;
    diskBytes -= chunk.length;
    if (segment.read == segment.written && (segments.size() > 1 || diskBytes == 0)) {
      segments.removeFirst().delete();
    }
    return Bytes.wrap(chunk);
  }
}
