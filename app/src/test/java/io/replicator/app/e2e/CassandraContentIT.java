package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.app.config.ComparedPlace;
import io.replicator.app.verify.Verification;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.streams.verify.Comparison;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a Redis can hold, within what Cassandra can, arrives there, loaded or followed. */
@ExtendWith(SharedCassandra.class)
final class CassandraContentIT {
  private static final AtomicInteger NUMBERS = new AtomicInteger(100);

  private final int zero = NUMBERS.incrementAndGet();
  private final int one = NUMBERS.incrementAndGet();
  private final TwoSites sites = TwoSites.start();
  private String uri;

  @BeforeEach
  void name(CassandraServer server) {
    uri = "cassandra://" + server.contactPoint() + "/content_it?timeout=10000";
  }

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  private void follow() {
    sites.client("0=" + zero + ",1=" + one, "to", uri).awaitLive();
  }

  private void awaitEqual(int source, int target) {
    awaitThat(
        "database " + source + " equal",
        () -> {
          Comparison comparison =
              Verification.compare(
                  new ComparedPlace.Redis(
                      RedisAddress.parse(sites.source().uri()).withDatabase(source)),
                  new ComparedPlace.Cassandra(CassandraTarget.parse(uri + "&database=" + target)),
                  (done, total) -> {});
          assertThat(comparison.examples()).isEmpty();
          assertThat(comparison.equal()).isTrue();
        });
  }

  /** Less than everything: names that no key of a table can hold. */
  private static void everything(RedisUser user) {
    ContentIT.everything(user);
    user.add("DEL", ContentIT.longKey(), "long:field");
    user.flush();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldBringEveryTypeAndEveryByte(boolean existedBefore) {
    if (existedBefore) {
      sites.atSource(0, CassandraContentIT::everything);
      sites.hub("0,1");
      follow();
    } else {
      sites.hub("0,1");
      follow();
      sites.atSource(0, CassandraContentIT::everything);
    }
    awaitEqual(0, zero);
  }

  @Test
  void shouldFollowCommandsThatMoveReplaceAndExpireKeys() {
    sites.hub("0,1");
    follow();
    RedisUser source = sites.sourceUser(0);
    everything(source);
    source.add("RENAME", "set", "set:renamed").add("RENAME", "with:ttl:hash", "hash:ttl");
    source.add("COPY", "hash", "hash:copy").add("MOVE", "list", 1);
    source.add("SET", "brief", "v", "PX", 1_500).add("HSET", "brief:hash", "f", "v");
    source.add("PEXPIRE", "brief:hash", 1_500);
    source.flush();
    awaitEqual(0, zero);
    awaitEqual(1, one);

    // One type after the other under one name.
    source.add("SET", "chameleon", "text");
    source.add("DEL", "chameleon").add("HSET", "chameleon", "f", "1");
    source.add("DEL", "chameleon").add("RPUSH", "chameleon", "a", "b");
    source.add("SET", "chameleon", "text", "PX", 100_000_000);
    source.add("SUNIONSTORE", "chameleon", "set:renamed");
    source.add("RENAME", "hash:copy", "string:big");
    source.add("HSET", "string:big", "more", "1").add("PERSIST", "hash:ttl");
    source.add("HSET", "hash:ttl", "new", "1").add("EXPIRE", "hash", 5_000);
    source.add("HDEL", "hash", "f1", "f2").add("ZREM", "zset", "m1").add("SREM", "intset", "3");
    source.flush();
    awaitEqual(0, zero);
    source.call("SWAPDB", 0, 1);
    awaitEqual(0, zero);
    awaitEqual(1, one);
    source.call("FLUSHDB");
    awaitEqual(0, zero);
    awaitEqual(1, one);
    source.call("FLUSHALL");
    awaitEqual(1, one);
  }
}
