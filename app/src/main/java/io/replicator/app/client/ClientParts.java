package io.replicator.app.client;

import io.replicator.app.config.SinkTarget;
import io.replicator.cassandra.apply.CassandraSink;
import io.replicator.redis.apply.RedisSink;
import io.replicator.streams.BatchSink;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;

/** What a client is put together from: the one place that names the implementations. */
final class ClientParts {
  private ClientParts() {}

  static BatchSink sink(SinkTarget target, Map<String, String> databaseTargets, PrintWriter out) {
    if (target instanceof SinkTarget.Redis redis) {
      return new RedisSink(redis.address(), numbers(databaseTargets));
    }
    if (target instanceof SinkTarget.Cassandra cassandra) {
      return new CassandraSink(cassandra.target(), numbers(databaseTargets));
    }
    return new StdoutSink(out, databaseTargets);
  }

  private static Map<String, Integer> numbers(Map<String, String> databaseTargets) {
    Map<String, Integer> numbers = new HashMap<>();
    databaseTargets.forEach((database, number) -> numbers.put(database, Integer.valueOf(number)));
    return numbers;
  }
}
