package io.replicator.app.faults;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.replicator.redis.embedded.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Changes a source all the time, on a thread of its own: every type, most by commands whose effect
 * depends on what was there (counters, pushes), so that a change that is lost or applied twice
 * leaves a difference for good. Writes that a dead server does not take are not repeated.
 */
final class Writer implements AutoCloseable {
  private static final int KEYS = 400;
  private static final int BURST = 20;

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final Random random;
  private final long pauseNs;
  private final int valueBytes;
  private final Thread thread = new Thread(this::write, "writer");
  private volatile boolean stopping;
  private final AtomicLong written = new AtomicLong();
  private volatile RuntimeException failure;

  /**
   * @param seed of what is written
   * @param commandsPerSecond about how many
   * @param valueBytes about how long strings are
   */
  static Writer start(
      RedisProcess source, int database, long seed, int commandsPerSecond, int valueBytes) {
    var writer = new Writer(source, database, seed, commandsPerSecond, valueBytes);
    writer.thread.start();
    return writer;
  }

  private Writer(
      RedisProcess source, int database, long seed, int commandsPerSecond, int valueBytes) {
    this.client = RedisClient.create(source.uri() + "/" + database);
    this.connection = client.connect();
    this.random = new Random(seed);
    this.pauseNs = TimeUnit.SECONDS.toNanos(1) * BURST / commandsPerSecond;
    this.valueBytes = valueBytes;
    thread.setDaemon(true);
  }

  /** Commands answered so far. */
  long written() {
    return written.get();
  }

  private void write() {
    while (!stopping) {
      try {
        burst();
      } catch (RedisException e) {
        // A source that a test has killed: it comes back.
      } catch (RuntimeException e) {
        failure = e;
        return;
      }
      LockSupport.parkNanos(pauseNs);
    }
  }

  private void burst() {
    RedisAsyncCommands<String, String> redis = connection.async();
    List<RedisFuture<?>> replies = new ArrayList<>();
    boolean transaction = random.nextInt(4) == 0;
    if (transaction) {
      replies.add(redis.multi());
    }
    for (int i = 0; i < BURST; i++) {
      replies.add(next(redis));
    }
    if (transaction) {
      replies.add(redis.exec());
    }
    for (RedisFuture<?> reply : replies) {
      try {
        reply.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      written.incrementAndGet();
    }
  }

  private RedisFuture<?> next(RedisAsyncCommands<String, String> redis) {
    int n = random.nextInt(KEYS);
    String member = "m" + random.nextInt(50);
    return switch (random.nextInt(14)) {
      case 0, 1 -> redis.set("string:" + n, value(valueBytes));
      case 2, 3 -> redis.incr("counter:" + n % 40);
      case 4, 5 -> redis.rpush("list:" + n % 40, value(8));
      case 6 -> redis.lpop("list:" + n % 40);
      case 7 -> redis.hincrby("hash:" + n % 60, member, random.nextInt(9) + 1);
      case 8 -> redis.zincrby("zset:" + n % 60, 1.5, member);
      case 9 -> redis.sadd("set:" + n % 60, member);
      case 10 -> redis.xadd("stream:" + n % 10, "field", member);
      case 11 -> redis.del("string:" + n, "set:" + n % 60);
      case 12 -> redis.append("text:" + n % 40, "x");
      default ->
          redis.set(
              "fleeting:" + n, value(valueBytes), SetArgs.Builder.px(500 + random.nextInt(60_000)));
    };
  }

  private String value(int bytes) {
    var value = new StringBuilder(bytes);
    while (value.length() < bytes) {
      value.append(Long.toString(random.nextLong() >>> 1, 36));
    }
    return value.toString();
  }

  /** Writes no more. */
  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    if (failure != null) {
      throw failure;
    }
  }
}
