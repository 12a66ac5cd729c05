package io.replicator.redis.apply;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** A target server, somebody who looks at it, and sinks that come and go. */
final class SinkFixture implements AutoCloseable {
  static final Feed FEED = feed("0", "all", KeyFilter.ALL);
  static final HubIdentity HUB = new HubIdentity("hub", Batches.EPOCH, List.of());

  final RedisProcess redis;
  final RedisCommands<String, String> target;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final List<RedisSink> sinks = new ArrayList<>();
  RedisSink sink;

  SinkFixture(String... arguments) throws IOException {
    redis = RedisProcess.start(arguments);
    client = RedisClient.create(redis.uri());
    connection = client.connect();
    target = connection.sync();
  }

  static Feed feed(String database, String fingerprint, KeyFilter filter) {
    return new Feed(1, new FeedKey(database, fingerprint), QosLevel.REALTIME, filter);
  }

  /** As a client does at the start of its process. */
  RedisSink newSink(Map<String, Integer> targets) {
    sink = new RedisSink(RedisAddress.parse(redis.uri()), targets);
    sinks.add(sink);
    await(sink.connect());
    return sink;
  }

  /** A new process: nothing is known but what the target holds. */
  SinkFixture begin(Feed... feeds) {
    newSink(Map.of());
    await(sink.open(HUB, feeds.length == 0 ? List.of(FEED) : List.of(feeds)));
    return this;
  }

  BatchSink.Applied apply(Batch... batches) {
    return await(sink.apply(FEED, List.of(batches)));
  }

  BatchSink.Applied apply(Feed feed, Batch... batches) {
    return await(sink.apply(feed, List.of(batches)));
  }

  Cursor cursor() {
    return await(sink.cursors()).getOrDefault(FEED.key(), Cursor.NOTHING);
  }

  RedisClient client() {
    return client;
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    sinks.forEach(opened -> await(opened.close()));
    connection.close();
    client.shutdown();
    redis.close();
  }
}
