package io.replicator.app.config;

import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;

/** Where a client writes, as {@code --to} names it. */
public sealed interface SinkTarget {
  /** A Redis server. */
  record Redis(RedisAddress address) implements SinkTarget {}

  /** A keyspace of a Cassandra cluster. */
  record Cassandra(CassandraTarget target) implements SinkTarget {}

  /** One JSON object a line on standard output. */
  record Stdout() implements SinkTarget {}

  /**
   * @throws IllegalArgumentException that says which forms there are
   */
  static SinkTarget parse(String text) {
    if (text.equals("stdout:")) {
      return new Stdout();
    }
    if (CassandraTarget.isMeant(text)) {
      CassandraTarget target = CassandraTarget.parse(text);
      if (target.database() >= 0) {
        throw new IllegalArgumentException(
            "a URI without database=; --subscribe DB=TARGET sends a database to another number");
      }
      return new Cassandra(target);
    }
    RedisUri uri;
    try {
      uri = RedisUri.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          e.getMessage() + ", cassandra://HOST[:PORT]/KEYSPACE, or stdout:", e);
    }
    if (uri.namesDatabase()) {
      throw new IllegalArgumentException(
          "a URI without a database; --subscribe DB=TARGET sends a database to another number");
    }
    return new Redis(uri.address());
  }
}
