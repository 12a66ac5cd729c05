package io.replicator.app.demo;

import io.replicator.redis.embedded.RedisPipeline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Measures from outside how long a change takes from the source into the copy: writes a key there
 * and reads it here until it shows. Confined to one thread.
 */
final class LagProbe implements AutoCloseable {
  private static final String KEY = "demo:probe";
  private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

  private final RedisPipeline source;
  private final RedisPipeline copy;
  private final List<Long> lagsNs = new ArrayList<>();
  private long sent;

  LagProbe(int sourcePort, int copyPort, int database) throws IOException {
    source = new RedisPipeline(sourcePort, database, DemoSites.PATIENCE);
    copy = new RedisPipeline(copyPort, database, DemoSites.PATIENCE);
  }

  /**
   * One round.
   *
   * @throws IOException when the change does not arrive within 30 s
   */
  void measure() throws IOException {
    long startNs = System.nanoTime();
    String value = Long.toString(++sent);
    source.add("SET", KEY, value).flush();
    byte[] expected = value.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    while (!Arrays.equals((byte[]) copy.add("GET", KEY).flush().get(0), expected)) {
      if (System.nanoTime() - startNs > TIMEOUT_NS) {
        throw new IOException("a change did not reach the copy within 30 s");
      }
    }
    lagsNs.add(System.nanoTime() - startNs);
  }

  int count() {
    return lagsNs.size();
  }

  /** The lag that {@code share} of the rounds did not exceed, 0 before the first. */
  double percentileMs(double share) {
    if (lagsNs.isEmpty()) {
      return 0;
    }
    List<Long> sorted = lagsNs.stream().sorted().toList();
    int index = (int) Math.ceil(share * sorted.size()) - 1;
    return sorted.get(Math.max(0, index)) / 1e6;
  }

  @Override
  public void close() throws IOException {
    source.close();
    copy.close();
  }
}
