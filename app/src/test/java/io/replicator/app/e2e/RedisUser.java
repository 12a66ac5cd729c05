package io.replicator.app.e2e;

import io.replicator.redis.embedded.RedisPipeline;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Somebody who uses a Redis, independent of the product's own clients: any command, binary-safe,
 * one by one or in pipelines. Confined to one thread.
 */
final class RedisUser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final RedisPipeline pipeline;

  RedisUser(RedisProcess redis, int database) {
    try {
      pipeline = new RedisPipeline(redis.port(), database, PATIENCE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds one command to the pipeline; arguments are byte arrays, or become text. */
  RedisUser add(Object... arguments) {
    try {
      pipeline.add(arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Sends what was added and reads the answers: byte arrays, longs, lists, nulls. */
  List<Object> flush() {
    try {
      return pipeline.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends what was added when it is as much as {@code commands}. */
  void flushAt(int commands) {
    if (pipeline.pending() >= commands) {
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
      pipeline.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
