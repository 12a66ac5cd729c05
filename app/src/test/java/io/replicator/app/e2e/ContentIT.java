package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.testkit.LinkConditions;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a Redis can hold arrives as it is, loaded or followed. */
final class ContentIT {
  private static final long SEED = 20_250_711;

  private final TwoSites sites = TwoSites.start();

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldBringEveryTypeAndEveryByte(boolean existedBefore) {
    if (existedBefore) {
      sites.atSource(0, ContentIT::everything);
      sites.hub("0").client("").awaitLive();
    } else {
      sites.hub("0").client("").awaitLive();
      sites.atSource(0, ContentIT::everything);
    }

    sites.awaitEqual(0);
    sites.atTarget(
        0,
        user -> {
          byte[] all = everyByte();
          assertThat((byte[]) user.call("GET", concat("string:", all))).isEqualTo(all);
          assertThat((byte[]) user.call("HGET", concat("hash:", all), all)).isEqualTo(all);
          assertThat(user.text("GET", "empty")).isEmpty();
          assertThat(user.text("HGET", "empty:hash", "")).isEmpty();
          assertThat(user.text("GET", "")).isEqualTo("value of the empty key");
          assertThat(user.number("STRLEN", longKey())).isEqualTo(5);
          assertThat(user.number("LLEN", "long:list")).isEqualTo(20_000);
          assertThat(user.number("PFCOUNT", "hll")).isBetween(950L, 1050L);
          assertThat((List<?>) user.call("GEOPOS", "geo", "Palermo")).hasSize(1);
        });
    assertThat(sites.unsupported()).isEmpty();
  }

  @Test
  void shouldFollowCommandsThatMoveAndReplaceKeys() {
    sites.hub("0,1").client("").awaitLive();
    long session = sites.session("client").orElseThrow().id();
    RedisUser source = sites.sourceUser(0);

    everything(source);
    source.add("RENAME", "set", "set:renamed");
    source.add("RENAMENX", "zset", "zset:renamed");
    source.add("COPY", "hash", "hash:copy");
    source.add("COPY", "stream", "stream", "DB", 1);
    source.add("MOVE", "list", 1);
    source.add("RENAME", "with:ttl", "with:ttl:renamed");
    source.add("COPY", "with:ttl:renamed", "with:ttl:copy");
    source.flush();
    byte[] dump = (byte[]) source.call("DUMP", "zset:renamed");
    source.add("RESTORE", "restored", 0, dump);
    source.add("RESTORE", "restored:ttl", 4_102_444_800_123L, dump, "ABSTTL");
    sites.awaitEqual(0, 1);

    // One type after the other under one name.
    source.add("SET", "chameleon", "text");
    source.add("DEL", "chameleon").add("HSET", "chameleon", "f", "1");
    source.add("DEL", "chameleon").add("RPUSH", "chameleon", "a", "b");
    source.add("SET", "chameleon", "text", "PX", 100_000_000);
    source.add("SUNIONSTORE", "chameleon", "set:renamed");
    source.add("ZUNIONSTORE", "set:renamed", 1, "zset:renamed");
    source.add("RENAME", "hash:copy", "string:big");
    source.add("HSET", "string:big", "more", "1");
    // A stream with entries before and between those that were there: a copy can only append.
    source
        .add("XADD", "stream:other", "1-0", "f", "v")
        .add("XADD", "stream:other", "1-1", "f", "v0");
    for (int i = 3; i < 1_000; i++) {
      source.add("XADD", "stream:other", (i + 1) + "-1", "f", "v" + i, "f", "again");
    }
    source.add("COPY", "stream:other", "stream", "REPLACE");
    source.flush();
    sites.awaitEqual(0, 1);

    source.call("SWAPDB", 0, 1);
    sites.awaitEqual(0, 1);
    sites.atTarget(1, user -> assertThat(user.number("EXISTS", "restored")).isOne());

    sites.atSource(1, user -> user.call("FLUSHDB"));
    sites.awaitEqual(0, 1);
    sites.atTarget(0, user -> assertThat(user.number("EXISTS", "list")).isOne());
    sites.atTarget(1, user -> assertThat(user.number("EXISTS", "restored")).isZero());

    source.call("FLUSHALL");
    sites.awaitEqual(0, 1);
    sites.atTarget(0, user -> assertThat(user.number("EXISTS", "list")).isZero());

    everything(source);
    sites.awaitEqual(0, 1);
    assertThat(sites.session("client").orElseThrow().id())
        .as("nothing was refused by the target and mended by a new load")
        .isEqualTo(session);
  }

  @Test
  void shouldFollowChangesWithinValues() {
    sites.atSource(0, ContentIT::everything);
    sites.hub("0").client("").awaitLive();
    RedisUser source = sites.sourceUser(0);

    source.add("XDEL", "stream", "1-1").add("XTRIM", "stream", "MAXLEN", 5);
    source
        .add("XADD", "stream", "9999-1", "f", "v")
        .add("XADD", "stream", "NOMKSTREAM", "*", "a", "");
    source.add("PFADD", "hll", "another", "one").add("PFMERGE", "hll:merged", "hll");
    source.add("GEOADD", "geo", 2.35, 48.85, "Paris").add("ZREM", "geo", "Catania");
    source.add("SETBIT", "bits", 100_003, 1).add("BITOP", "NOT", "bits:not", "bits");
    source.add("BITFIELD", "bits", "INCRBY", "u8", 16, 7, "SET", "i16", "#3", -2);
    source.add("APPEND", "string:big", "tail").add("SETRANGE", "string:big", 7, "inside");
    source.add("INCRBYFLOAT", "float", "0.1").add("HINCRBYFLOAT", "hash", "float", "1e10");
    source.add("INCR", "int").add("DECRBY", "int", 1000).add("HINCRBY", "hash", "n", -4);
    source.add("LPUSH", "long:list", "head").add("LINSERT", "long:list", "AFTER", "7", "after 7");
    source.add("LSET", "long:list", -1, "last").add("LREM", "long:list", 1, "500");
    source.add("LTRIM", "long:list", 1, -100).add("LMOVE", "long:list", "list", "LEFT", "RIGHT");
    source.add("SPOP", "set", 1).add("SMOVE", "set", "set:other", "m2").add("SREM", "set", "m3");
    source.add("ZINCRBY", "zset", 2.5, "m1").add("ZADD", "zset", "GT", 1e300, "m2");
    source.add("ZPOPMIN", "zset").add("ZADD", "zset", "-inf", "low", "+inf", "high");
    source.add("GETDEL", "float").add("GETEX", "int", "PXAT", 4_102_444_800_777L);
    source.flush();
    sites.awaitEqual(0);

    source.call(
        "EVAL",
        "for i = 1, 50 do redis.call('HSET', KEYS[1], 'f' .. i, i) end"
            + " redis.call('INCR', KEYS[2]) return redis.call('RPUSH', KEYS[3], ARGV[1])",
        3,
        "script:hash",
        "script:count",
        "script:list",
        "value");
    source.call(
        "FUNCTION",
        "LOAD",
        "#!lua name=library\n"
            + "redis.register_function('add', function(keys, args)"
            + " redis.call('SET', keys[1], args[1]) return redis.call('ZADD', keys[2], 1, args[1])"
            + " end)");
    source.call("FCALL", "add", 2, "function:string", "function:zset", "by a function");
    sites.awaitEqual(0);
    sites.atTarget(
        0,
        user -> {
          assertThat(user.text("GET", "function:string")).isEqualTo("by a function");
          assertThat(user.number("HLEN", "script:hash")).isEqualTo(50);
        });
  }

  @Test
  void shouldCountAValueOverTheLimitAndGoOn() {
    byte[] tooLong = new byte[70_000];
    sites.atSource(0, user -> user.add("SET", "long:before", tooLong).add("SET", "short", "1"));
    sites.hub("0", LinkConditions.UNLIMITED, "store.value-bytes-max", "64 KiB");
    sites.client("").awaitLive();
    RedisUser source = sites.sourceUser(0);
    assertThat(sites.unsupported()).isEqualTo(java.util.Map.of("value over the limit", 1L));

    source.add("SET", "long:after", "short at first").add("SET", "beside", "1").flush();
    source.add("SET", "long:after", tooLong);
    source.add("HSET", "hash", "long", tooLong);
    source.add("SET", "short", "2").flush();
    sites.awaitMark(0);

    assertThat(sites.unsupported().get("value over the limit")).isGreaterThanOrEqualTo(3);
    sites.atTarget(
        0,
        user -> {
          assertThat(user.text("GET", "short")).isEqualTo("2");
          assertThat(user.text("GET", "beside")).isEqualTo("1");
          // Absent rather than stale.
          assertThat(user.number("EXISTS", "long:before", "long:after", "hash")).isZero();
        });

    source.add("SET", "long:before", "shorter now").add("SETRANGE", "long:after", 0, "x");
    source.add("SET", "long:after", "shorter too").add("HDEL", "hash", "long");
    source.add("HSET", "hash", "short", "1").flush();
    sites.awaitEqual(0);
    sites.atTarget(0, user -> assertThat(user.text("GET", "long:before")).isEqualTo("shorter now"));
  }

  @Test
  void shouldKeepExpiriesToTheMillisecond() {
    long atMs = System.currentTimeMillis() + 3_600_123;
    sites.atSource(
        0,
        user -> {
          user.add("SET", "string", "v", "PXAT", atMs);
          user.add("HSET", "hash", "f", "v").add("PEXPIREAT", "hash", atMs + 1);
          user.add("RPUSH", "list", "v").add("PEXPIREAT", "list", atMs + 2);
          for (int i = 0; i < 20_000; i++) {
            user.add("SET", "short-lived:" + i, "v", "PX", 1 + i % 3_000);
          }
        });
    sites.hub("0").client("").awaitLive();
    RedisUser source = sites.sourceUser(0);
    source.add("SADD", "set", "m").add("PEXPIREAT", "set", atMs + 3);
    source.add("ZADD", "zset", 1, "m").add("PEXPIREAT", "zset", atMs + 4);
    source.add("XADD", "stream", "1-1", "f", "v").add("PEXPIREAT", "stream", atMs + 5);
    source.add("PEXPIREAT", "string", atMs + 6).add("EXPIREAT", "list", atMs / 1000);
    source.flush();
    long durationMs = 7_200_000;
    source.add("PEXPIRE", "hash", durationMs).flush();
    sites.awaitMark(0);

    sites.atTarget(
        0,
        user -> {
          for (String key : List.of("string", "hash", "list", "set", "zset", "stream")) {
            assertThat(user.number("PEXPIRETIME", key))
                .as(key)
                .isEqualTo(source.number("PEXPIRETIME", key));
          }
          assertThat(user.number("PEXPIRETIME", "set")).isEqualTo(atMs + 3);
        });
    awaitThat(
        "what was to expire is gone at both",
        () -> {
          sites.atTarget(0, user -> assertThat(user.number("DBSIZE")).isEqualTo(8));
          assertThat(source.number("DBSIZE")).isEqualTo(7);
        });
    sites.awaitEqual(0);
  }

  /** Every type, and what is unusual in each. */
  static void everything(RedisUser user) {
    var random = new Random(SEED);
    byte[] all = everyByte();
    user.add("SET", "", "value of the empty key").add("SET", "empty", "");
    user.add("HSET", "empty:hash", "", "")
        .add("SADD", "empty:set", "")
        .add("RPUSH", "empty:list", "");
    user.add("ZADD", "empty:zset", 0, "").add("XADD", "empty:stream", "1-1", "", "");
    user.add("SET", concat("string:", all), all);
    user.add("HSET", concat("hash:", all), all, all).add("SADD", concat("set:", all), all);
    user.add("ZADD", concat("zset:", all), "0.1", all).add("RPUSH", concat("list:", all), all, all);
    user.add("XADD", concat("stream:", all), "5-0", all, all);
    for (int b = 0; b < 256; b++) {
      byte[] one = {(byte) b};
      user.add("SET", concat("byte:", one), one).add("HSET", "bytes:hash", one, one);
      user.add("SADD", "bytes:set", one).add("ZADD", "bytes:zset", b, one);
      user.add("RPUSH", "bytes:list", one).add("XADD", "bytes:stream", b + "-1", one, one);
    }
    user.add("SET", longKey(), "value").add("HSET", "long:field", longKey(), "value");
    byte[] big = new byte[3_000_000];
    random.nextBytes(big);
    user.add("SET", "string:big", big)
        .add("SET", "int", Long.MAX_VALUE / 2)
        .add("SET", "float", 0.5);
    for (int i = 0; i < 20_000; i++) {
      user.add("RPUSH", "long:list", i);
      user.flushAt(5_000);
    }
    user.add("RPUSH", "list", "a", "b", "", "a");
    for (int i = 0; i < 1_000; i++) {
      user.add("HSET", "hash", "f" + i, i).add("SADD", "set", "m" + i).add("PFADD", "hll", i);
      user.add("ZADD", "zset", random.nextGaussian(), "m" + i).add("SADD", "intset", i * 3);
      user.add("XADD", "stream", (i + 1) + "-1", "f", "v" + i, "f", "again");
    }
    user.add("ZADD", "zset:edge", "inf", "a", "-inf", "b", "-0", "c", "5e-324", "d", "0.1", "e");
    user.add("GEOADD", "geo", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania");
    user.add("SETBIT", "bits", 100_000, 1).add("SETBIT", "bits", 7, 1);
    user.add("SET", "with:ttl", "v", "PXAT", 4_102_444_800_001L);
    user.add("HSET", "with:ttl:hash", "f", "v")
        .add("PEXPIREAT", "with:ttl:hash", 4_102_444_800_002L);
    user.flush();
  }

  private static byte[] everyByte() {
    byte[] all = new byte[256];
    for (int b = 0; b < 256; b++) {
      all[b] = (byte) b;
    }
    return all;
  }

  static String longKey() {
    return "long:" + "k".repeat(100_000);
  }

  private static byte[] concat(String prefix, byte[] rest) {
    byte[] start = prefix.getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(start, start.length + rest.length);
    System.arraycopy(rest, 0, whole, start.length, rest.length);
    return whole;
  }
}
