package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Keys end at the target as they end at the source, by whatever makes them end. */
final class ExpiryIT {
  private final TwoSites sites =
      TwoSites.start("--enable-debug-command", "local", "--maxmemory-policy", "allkeys-random");

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @Test
  void shouldFollowKeysThatExpireActivelyOrOnTouch() {
    RedisUser source = sites.sourceUser(0);
    sites.hub("0").client("").awaitLive();
    for (int i = 0; i < 500; i++) {
      source.add("SET", "active:" + i, "v", "PX", 300 + i);
      source.add("HSET", "active:hash:" + i, "f", "v").add("PEXPIRE", "active:hash:" + i, 300 + i);
    }
    source.flush();
    sites.awaitMark(0);
    awaitThat("all expire", () -> assertThat(source.number("DBSIZE")).isOne());
    sites.awaitEqual(0);

    source.call("DEBUG", "SET-ACTIVE-EXPIRE", 0);
    source.add("SET", "touched", "v", "PX", 50).add("SET", "untouched", "v", "PX", 50).flush();
    sites.atTarget(
        0,
        user ->
            awaitThat(
                "the target does not wait for the source",
                () -> assertThat(user.number("EXISTS", "touched", "untouched")).isZero()));
    assertThat(source.number("EXISTS", "touched")).isZero();
    // Written again while the source still holds the expired one.
    source.add("APPEND", "untouched", "new").flush();
    sites.awaitEqual(0);
    sites.atTarget(0, user -> assertThat(user.text("GET", "untouched")).isEqualTo("new"));
  }

  @Test
  void shouldFollowKeysThatPersistOrLiveLonger() {
    RedisUser source = sites.sourceUser(0);
    sites.hub("0").client("").awaitLive();
    for (String key : new String[] {"persisted", "longer", "shorter"}) {
      source.add("SET", key, "v", "PX", 5_000);
      source.add("SADD", key + ":set", "a", "b").add("PEXPIRE", key + ":set", 5_000);
    }
    source.flush();
    sites.awaitMark(0);

    source.add("PERSIST", "persisted").add("PERSIST", "persisted:set");
    source.add("PEXPIRE", "longer", 500_000).add("PEXPIRE", "longer:set", 500_000);
    source.add("PEXPIRE", "shorter", 100).add("PEXPIRE", "shorter:set", 100).flush();
    awaitThat(
        "the shorter ones end",
        () -> assertThat(source.number("EXISTS", "shorter", "shorter:set")).isZero());
    sites.awaitEqual(0);
    sites.atTarget(
        0,
        user -> {
          assertThat(user.number("PTTL", "persisted:set")).isEqualTo(-1);
          assertThat(user.number("PTTL", "longer:set")).isGreaterThan(400_000);
          assertThat(user.number("EXISTS", "shorter", "shorter:set")).isZero();
        });
  }

  @Test
  void shouldBringBackAKeyWhoseLongerLifeArrivedAfterItsEnd() {
    RedisUser source = sites.sourceUser(0);
    sites.hub("0").client("").awaitLive();
    source.add("SET", "string", "v", "PX", 1_500);
    source.add("HSET", "hash", "f", "v", "g", "w").add("PEXPIRE", "hash", 1_500).flush();
    sites.awaitMark(0);
    RedisUser target = sites.targetUser(0);

    sites.link().stall();
    source.add("PERSIST", "string").add("PERSIST", "hash");
    source.add("HSET", "hash", "h", "x").flush();
    assertThat(source.number("EXISTS", "string", "hash")).isEqualTo(2);
    awaitThat(
        "they end at the target",
        () -> assertThat(target.number("EXISTS", "string", "hash")).isZero());
    sites.link().restore();

    sites.awaitEqual(0);
    assertThat(target.number("EXISTS", "string", "hash")).isEqualTo(2);
    assertThat(target.number("HLEN", "hash")).isEqualTo(3);
  }

  @Test
  void shouldFollowEvictions() {
    RedisUser source = sites.sourceUser(0);
    sites.hub("0").client("").awaitLive();
    byte[] value = new byte[1_000];
    for (int i = 0; i < 20_000; i++) {
      source.add("SET", "key:" + i, value);
      source.flushAt(1_000);
    }
    source.flush();
    sites.awaitMark(0);

    source.call("CONFIG", "SET", "maxmemory", "12mb");
    awaitThat(
        "the source evicts", () -> assertThat(source.number("DBSIZE")).isBetween(1L, 15_000L));
    source.call("CONFIG", "SET", "maxmemory", "0");
    long left = source.number("DBSIZE");

    sites.awaitEqual(0);
    sites.atTarget(0, user -> assertThat(user.number("DBSIZE")).isBetween(2L, left + 2));
  }
}
