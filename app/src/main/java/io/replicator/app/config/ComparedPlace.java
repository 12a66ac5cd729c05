package io.replicator.app.config;

import io.replicator.app.process.UsageException;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;

/** One database, as {@code verify} is told of it. */
public sealed interface ComparedPlace {
  /** Of a Redis server. */
  record Redis(RedisAddress address) implements ComparedPlace {
    @Override
    public String toString() {
      return address.toString();
    }
  }

  /** In a keyspace of a Cassandra cluster. */
  record Cassandra(CassandraTarget target) implements ComparedPlace {
    @Override
    public String toString() {
      return target + "?database=" + Math.max(0, target.database());
    }
  }

  /**
   * The value of an option.
   *
   * @throws UsageException when it is none
   */
  static ComparedPlace ofOption(String option, String text) {
    if (!CassandraTarget.isMeant(text)) {
      return new Redis(RedisUri.ofOption(option, text));
    }
    try {
      return new Cassandra(CassandraTarget.parse(text));
    } catch (IllegalArgumentException e) {
      throw RedisUri.wrong(option, text, e);
    }
  }
}
