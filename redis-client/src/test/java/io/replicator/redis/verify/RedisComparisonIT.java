package io.replicator.redis.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The two sides are databases 0 and 1 of one server. */
class RedisComparisonIT {
  private static RedisProcess redis;
  private static RedisClient client;
  private static StatefulRedisConnection<String, String> connectionA;
  private static StatefulRedisConnection<String, String> connectionB;
  private static RedisCommands<String, String> a;
  private static RedisCommands<String, String> b;

  @BeforeAll
  static void start() throws Exception {
    redis = RedisProcess.start();
    client = RedisClient.create(redis.uri());
    connectionA = client.connect();
    connectionB = client.connect();
    a = connectionA.sync();
    b = connectionB.sync();
    b.select(1);
  }

  @AfterAll
  static void stop() {
    connectionA.close();
    connectionB.close();
    client.shutdown();
    redis.close();
  }

  @BeforeEach
  void empty() {
    a.flushall();
  }

  private static Comparison compare() {
    return compare(ComparisonSettings.DEFAULT);
  }

  private static Comparison compare(ComparisonSettings settings) {
    var address = RedisAddress.parse(redis.uri());
    try {
      return new RedisComparison(address.withDatabase(0), address.withDatabase(1), settings)
          .run((done, total) -> assertThat(done).isBetween(0L, total));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void onBoth(Consumer<RedisCommands<String, String>> writes) {
    writes.accept(a);
    writes.accept(b);
  }

  private static Map<String, String> fields(int count) {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i < count; i++) {
      fields.put("field" + i, "value" + i);
    }
    return fields;
  }

  private static void writeEveryType(RedisCommands<String, String> side) {
    side.set("string", "value");
    side.set("empty", "");
    side.setrange("large string", 3_000_000, "end");
    side.hset("hash", fields(10));
    side.hset("large hash", fields(3000));
    side.rpush("list", "a", "", "a");
    side.sadd("set", "1", "2", "x");
    side.sadd("numbers", "1", "2", "3");
    side.zadd("zset", 1.5, "a");
    side.zadd("zset", Double.NEGATIVE_INFINITY, "b");
    for (int i = 0; i < 2500; i++) {
      side.rpush("large list", "element" + i);
      side.sadd("large set", "member" + i);
      side.zadd("large zset", i / 3.0, "member" + i);
      side.xadd("large stream", new XAddArgs().id(i + 1 + "-0"), Map.of("n", "v" + i));
    }
    side.xadd("stream", new XAddArgs().id("1-1"), Map.of("n", "v"));
  }

  @Test
  void shouldFindTwoEqualDatabasesEqual() {
    onBoth(RedisComparisonIT::writeEveryType);

    Comparison comparison = compare();

    assertThat(comparison.examples()).isEmpty();
    assertThat(comparison.equal()).isTrue();
    assertThat(comparison.keys()).isEqualTo(14);
  }

  @Test
  void shouldFindCollectionsEqualWhateverTheOrderOfWriting() {
    a.sadd("set", "1", "x", "2");
    b.sadd("set", "2", "1", "x");
    a.hset("hash", "a", "1");
    a.hset("hash", "b", "2");
    b.hset("hash", "b", "2");
    b.hset("hash", "a", "1");

    assertThat(compare().equal()).isTrue();
  }

  @Test
  void shouldNameADifferenceOfEveryType() {
    onBoth(RedisComparisonIT::writeEveryType);
    b.set("string", "other");
    b.setrange("large string", 2_999_999, "x");
    b.hset("hash", "field3", "other");
    b.hset("large hash", "field2999", "other");
    b.lset("list", 1, "b");
    b.srem("set", "x");
    b.sadd("set", "y");
    b.zadd("zset", 2, "a");
    b.lset("large list", 2400, "other");
    b.srem("large set", "member7");
    b.sadd("large set", "other");
    b.zadd("large zset", 0.1, "member2400");
    b.xdel("large stream", "2400-0");
    b.xadd("stream", new XAddArgs().id("2-0"), Map.of("n", "v"));
    b.del("numbers");
    b.set("numbers", "1");

    Comparison comparison =
        compare(
            new ComparisonSettings(
                KeyFilter.ALL,
                100,
                Duration.ofSeconds(1),
                Duration.ZERO,
                System::currentTimeMillis));

    assertThat(comparison.differences()).isEqualTo(13);
    assertThat(comparison.examples())
        .contains(
            "string: a string with value against other",
            "hash: field field3 is value3 against other",
            "large hash: field field2999 is value2999 against other",
            "list: element 1 is  against b",
            "set: member x is on one side only",
            "zset: field a is 1.5 against 2.0",
            "large list: a large list differs after 2000 of its parts",
            "large stream: a stream of 2500 entries against 2499",
            "stream: a stream of 1 entries against 2",
            "numbers: a set against a string")
        .anyMatch(text -> text.startsWith("large set: field member7 is missing at"))
        .anyMatch(text -> text.startsWith("large zset: field member2400 is"))
        .anyMatch(text -> text.startsWith("large string: a large string differs"));
  }

  @Test
  void shouldFindKeysOfOneSideOnly() {
    onBoth(side -> side.set("both", "1"));
    a.set("left", "1");
    b.hset("right", "f", "1");

    Comparison comparison = compare();

    assertThat(comparison.differences()).isEqualTo(2);
    assertThat(comparison.examples())
        .anyMatch(text -> text.matches("left: a string at .*/0, absent at .*/1"))
        .anyMatch(text -> text.matches("right: a hash at .*/1, absent at .*/0"));
  }

  @Test
  void shouldCompareExpiriesWithTolerance() {
    long expiry = System.currentTimeMillis() + 3_600_000;
    onBoth(
        side -> {
          side.set("close", "1");
          side.set("apart", "1");
          side.set("never", "1");
        });
    a.pexpireat("close", expiry);
    b.pexpireat("close", expiry + 900);
    a.pexpireat("apart", expiry);
    b.pexpireat("apart", expiry + 1100);
    a.pexpireat("never", expiry);

    Comparison comparison = compare();

    assertThat(comparison.examples())
        .hasSize(2)
        .anyMatch(text -> text.startsWith("apart: ") && text.endsWith("1100 ms apart"))
        .anyMatch(text -> text.startsWith("never: ") && text.endsWith("against never"));
  }

  @Test
  void shouldNotTakeAKeyThatIsAboutToExpireForADifference() {
    a.set("expiring", "1", SetArgs.Builder.px(900));
    b.set("expiring there", "1", SetArgs.Builder.px(900));

    assertThat(compare().equal()).isTrue();
  }

  @Test
  void shouldPassOverOwnKeysAndEmptyStreams() {
    b.hset("replicator:cursors", "0/f", "x");
    a.set("replicator:other", "x");
    b.xadd("stream", new XAddArgs().id("1-1"), Map.of("n", "v"));
    b.xdel("stream", "1-1");

    assertThat(compare()).isEqualTo(new Comparison(1, 0, List.of()));
  }

  @Test
  void shouldCompareOnlyKeysOfTheFilter() {
    a.set("other", "1");
    a.set("quote:1", "1");
    var filter = new KeyFilter(List.of(KeyGlob.of("quote:*")), List.of());

    Comparison comparison = compare(ComparisonSettings.DEFAULT.withFilter(filter));

    assertThat(comparison.differences()).isEqualTo(1);
    assertThat(comparison.keys()).isEqualTo(1);
  }

  @Test
  void shouldCountAllAndDescribeSome() {
    for (int i = 0; i < 2500; i++) {
      a.set("k" + i, "1");
    }

    Comparison comparison = compare();

    assertThat(comparison.differences()).isEqualTo(2500);
    assertThat(comparison.examples()).hasSize(10);
  }

  @Test
  void shouldShowBinaryKeysEscaped() {
    try (var binary = client.connect(ByteArrayCodec.INSTANCE)) {
      binary.sync().set(new byte[] {0, (byte) 0xff, '\n'}, new byte[] {1});
    }

    assertThat(compare().examples().get(0)).startsWith("\\x00\\xff\\x0a: a string");
  }

  @Test
  void shouldReportProgressUpToTheTotal() throws Exception {
    for (int i = 0; i < 3000; i++) {
      a.set("k" + i, "1");
      b.set("k" + i, "1");
    }
    List<Long> seen = new ArrayList<>();
    var address = RedisAddress.parse(redis.uri());

    new RedisComparison(
            address.withDatabase(0), address.withDatabase(1), ComparisonSettings.DEFAULT)
        .run(
            (done, total) -> {
              assertThat(total).isEqualTo(6000);
              seen.add(done);
            });

    assertThat(seen).isSorted().hasSizeGreaterThan(3).endsWith(6000L);
  }

  @Test
  void shouldSayWhichSideIsUnreachable() {
    var address = RedisAddress.parse(redis.uri());
    var nobody = RedisAddress.parse("redis://user:secret@127.0.0.1:1");

    assertThatThrownBy(
            () ->
                new RedisComparison(address, nobody, ComparisonSettings.DEFAULT)
                    .run((done, total) -> {}))
        .isInstanceOf(RedisFailedException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageNotContaining("secret");
  }
}
