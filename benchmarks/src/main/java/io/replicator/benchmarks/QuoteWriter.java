package io.replicator.benchmarks;

import io.replicator.benchmarks.child.WallClock;
import io.replicator.benchmarks.crowd.Quotes;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Bytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Writes quotes to a source, {@link #UPDATES} of them in one MSET at a time, and knows what every
 * copy must be in the end. Confined to one thread.
 */
final class QuoteWriter implements AutoCloseable {
  static final int KEYS = 1_000;

  /** Of an MSET. */
  static final int UPDATES = 10;

  private final RedisConnection source;
  private final Random random = new Random(11);
  private final Map<Bytes, Bytes> quotes = new TreeMap<>();

  /** Writes every quote once. */
  QuoteWriter(RedisProcess server) throws IOException {
    source = new RedisConnection(server.port());
    for (int from = 0; from < KEYS; from += UPDATES) {
      write(IntStream.range(from, from + UPDATES));
    }
  }

  /**
   * Writes for some time.
   *
   * @return how many were written; fewer than asked for where the source is too slow for it
   */
  long run(double perSecond, double seconds) throws IOException {
    long intervalNs = (long) (TimeUnit.SECONDS.toNanos(1) / perSecond);
    long startNs = System.nanoTime();
    long endNs = startNs + (long) (TimeUnit.SECONDS.toNanos(1) * seconds);
    long written = 0;
    while (true) {
      long dueNs = startNs + written * intervalNs;
      if (dueNs >= endNs || System.nanoTime() >= endNs) {
        return written;
      }
      for (long waitNs; (waitNs = dueNs - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(waitNs);
      }
      write(random.ints(0, KEYS).distinct().limit(UPDATES));
      written++;
    }
  }

  /** What a copy of now is equal to. */
  String digest() {
    return Quotes.digest(quotes);
  }

  /** One MSET: as atomic as a transaction, and one round trip. */
  private void write(IntStream keys) throws IOException {
    List<String> command = new ArrayList<>();
    command.add("MSET");
    long nowUs = WallClock.nowUs();
    keys.forEach(
        number -> {
          String key = Quotes.key(number);
          String value = Quotes.value(nowUs, random);
          command.add(key);
          command.add(value);
          quotes.put(Bytes.utf8(key), Bytes.utf8(value));
        });
    source.call(command.toArray(String[]::new));
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
