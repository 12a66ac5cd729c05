package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.replicator.replication.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpoolTest {
  @TempDir Path directory;

  @Test
  void shouldKeepTheOrderThroughMemoryAndSegments() throws Exception {
    var random = new Random(42);
    try (var spool = new Spool(directory, 1 << 20, 1000, 5000)) {
      long written = 0;
      long read = 0;
      for (int round = 0; round < 2000; round++) {
        byte[] chunk = new byte[1 + random.nextInt(700)];
        for (int i = 0; i < chunk.length; i++) {
          chunk[i] = at(written + i);
        }
        spool.put(chunk, 0, chunk.length);
        written += chunk.length;
        // Now ahead, now behind: memory and disk take turns.
        boolean drain = round / 50 % 2 == 1;
        while (read < written && (drain || random.nextInt(4) == 0)) {
          read += check(spool.next(), read);
        }
        assertThat(spool.spooledBytes()).isEqualTo(written - read);
      }
      spool.finish(null);
      for (Bytes chunk = spool.next(); chunk != null; chunk = spool.next()) {
        read += check(chunk, read);
      }
      assertThat(read).isEqualTo(written);
      assertThat(files()).isZero();
    }
  }

  @Test
  void shouldStayInMemoryWhileTheReaderKeepsUp() throws Exception {
    try (var spool = new Spool(directory, 1 << 20, 1000, 5000)) {
      for (int i = 0; i < 100; i++) {
        spool.put(new byte[900], 0, 900);
        spool.next();
      }
      assertThat(files()).isZero();
    }
  }

  @Test
  void shouldMakeTheWriterWaitAtTheBound() throws Exception {
    try (var spool = new Spool(directory, 2000, 500, 1000)) {
      var writer = new Thread(() -> put(spool, 5));
      writer.start();
      await().until(spool::isFull);
      assertThat(spool.spooledBytes()).isEqualTo(2000);
      for (int i = 0; i < 5000; ) {
        i += spool.next().length();
      }
      writer.join();
      assertThat(spool.timesFull()).isGreaterThanOrEqualTo(1);
      assertThat(spool.isFull()).isFalse();
    }
  }

  @Test
  void shouldHandOutEverythingBeforeTheFailure() throws Exception {
    try (var spool = new Spool(directory, 1 << 20, 10, 1000)) {
      put(spool, 3);
      spool.finish(new IOException("link broke"));
      int read = 0;
      while (read < 3000) {
        read += spool.next().length();
      }
      assertThatThrownBy(spool::next).isInstanceOf(IOException.class).hasMessage("link broke");
    }
  }

  @Test
  void shouldWakeWriterAndReaderAndDeleteItsFilesWhenClosed() throws Exception {
    var spool = new Spool(directory, 2000, 10, 1000);
    var writer = new Thread(() -> put(spool, 10));
    writer.start();
    await().until(spool::isFull);
    spool.close();
    writer.join();
    assertThat(spool.next()).isNull();
    assertThat(files()).isZero();
  }

  @Test
  void shouldRemoveWhatAnEarlierOneLeft() throws Exception {
    Files.write(directory.resolve("spool-7.segment"), new byte[10]);
    Path other = Files.write(directory.resolve("other"), new byte[10]);
    try (var spool = new Spool(directory, 2000, 10, 1000)) {
      assertThat(spool.spooledBytes()).isZero();
      assertThat(files()).isEqualTo(1);
      assertThat(other).exists();
    }
  }

  private static void put(Spool spool, int thousands) {
    try {
      for (int i = 0; i < thousands; i++) {
        spool.put(new byte[1000], 0, 1000);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte at(long position) {
    return (byte) (position * 31 + (position >> 8));
  }

  private static int check(Bytes chunk, long position) {
    for (int i = 0; i < chunk.length(); i++) {
      if (chunk.at(i) != at(position + i)) {
        throw new AssertionError("byte " + (position + i) + " is another");
      }
    }
    return chunk.length();
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }
}
