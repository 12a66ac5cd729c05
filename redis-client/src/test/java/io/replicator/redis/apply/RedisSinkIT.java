package io.replicator.redis.apply;

import static io.replicator.redis.apply.Batches.at;
import static io.replicator.redis.apply.Batches.collection;
import static io.replicator.redis.apply.Batches.deleted;
import static io.replicator.redis.apply.Batches.deletedField;
import static io.replicator.redis.apply.Batches.delta;
import static io.replicator.redis.apply.Batches.entry;
import static io.replicator.redis.apply.Batches.expiry;
import static io.replicator.redis.apply.Batches.field;
import static io.replicator.redis.apply.Batches.hashField;
import static io.replicator.redis.apply.Batches.header;
import static io.replicator.redis.apply.Batches.list;
import static io.replicator.redis.apply.Batches.load;
import static io.replicator.redis.apply.Batches.member;
import static io.replicator.redis.apply.Batches.scored;
import static io.replicator.redis.apply.Batches.streamId;
import static io.replicator.redis.apply.Batches.string;
import static io.replicator.redis.apply.Batches.unfinished;
import static io.replicator.redis.apply.SinkFixture.FEED;
import static io.replicator.redis.apply.SinkFixture.HUB;
import static io.replicator.redis.apply.SinkFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.codec.ByteArrayCodec;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.SinkRefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisSinkIT {
  private static SinkFixture fixture;

  @BeforeAll
  static void start() throws Exception {
    fixture = new SinkFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @BeforeEach
  void empty() {
    fixture.target.flushall();
    fixture.begin();
  }

  private static long inAnHour() {
    return System.currentTimeMillis() + 3_600_000;
  }

  @Test
  void shouldApplyEveryTypeWithItsExpiry() {
    long expiry = inAnHour();
    BatchSink.Applied applied =
        fixture.apply(
            load(
                collection("hash", DataType.HASH, expiry),
                hashField("hash", "a", "1"),
                hashField("hash", "", ""),
                list("list", "x", "", "z"),
                collection("set", DataType.SET),
                member("set", "m"),
                collection("stream", DataType.STREAM),
                entry("stream", 5, 0, "n", "v"),
                entry("stream", 5, 1, "n", ""),
                string("string", "value"),
                string("string2", "", expiry),
                collection("zset", DataType.ZSET),
                scored("zset", "inf", Double.POSITIVE_INFINITY),
                scored("zset", "third", 1.0 / 3),
                scored("zset", "big", 1e300)));

    assertThat(applied.records()).isEqualTo(15);
    assertThat(fixture.target.hgetall("hash")).isEqualTo(Map.of("a", "1", "", ""));
    assertThat(fixture.target.pexpiretime("hash")).isEqualTo(expiry);
    assertThat(fixture.target.lrange("list", 0, -1)).containsExactly("x", "", "z");
    assertThat(fixture.target.smembers("set")).containsExactly("m");
    assertThat(fixture.target.xrange("stream", Range.unbounded()))
        .extracting(StreamMessage::getId)
        .containsExactly("5-0", "5-1");
    assertThat(fixture.target.get("string")).isEqualTo("value");
    assertThat(fixture.target.pexpiretime("string")).isEqualTo(-1);
    assertThat(fixture.target.get("string2")).isEmpty();
    assertThat(fixture.target.pexpiretime("string2")).isEqualTo(expiry);
    assertThat(fixture.target.zscore("zset", "inf")).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(fixture.target.zscore("zset", "third")).isEqualTo(1.0 / 3);
    assertThat(fixture.target.zscore("zset", "big")).isEqualTo(1e300);
    assertThat(fixture.cursor()).isEqualTo(at(100));
  }

  @Test
  void shouldKeepEveryByteOfKeysFieldsAndValues() {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    // Slices of a larger array, as decoded batches hold them.
    Bytes key = Bytes.wrap(every).slice(10, 256);
    Bytes value = Bytes.wrap(every).slice(0, 200);
    Bytes hash = Bytes.wrap(every).slice(5, 100);

    fixture.apply(
        load(
            new VersionedRecord.Header(hash, DataType.HASH, Bytes.EMPTY, 0, true, 1, 1),
            new VersionedRecord.Field(hash, DataType.HASH, value, key, 1, 1),
            new VersionedRecord.Header(key, DataType.STRING, value, 0, true, 1, 1)));

    try (var binary = fixture.client().connect(ByteArrayCodec.INSTANCE)) {
      assertThat(binary.sync().get(key.toArray())).isEqualTo(value.toArray());
      assertThat(binary.sync().hget(hash.toArray(), value.toArray())).isEqualTo(key.toArray());
    }
  }

  @Test
  void shouldReplaceAKeyOfAnotherTypeWhole() {
    fixture.apply(
        load(
            collection("a", DataType.HASH, inAnHour()),
            hashField("a", "old", "1"),
            list("b", "1", "2"),
            string("c", "s", inAnHour())));

    fixture.apply(
        delta(
            100,
            200,
            collection("a", DataType.SET),
            member("a", "m"),
            string("b", "now a string"),
            collection("c", DataType.HASH),
            hashField("c", "f", "v")));

    assertThat(fixture.target.smembers("a")).containsExactly("m");
    assertThat(fixture.target.pttl("a")).isEqualTo(-1);
    assertThat(fixture.target.get("b")).isEqualTo("now a string");
    assertThat(fixture.target.hgetall("c")).isEqualTo(Map.of("f", "v"));
    assertThat(fixture.target.pttl("c")).isEqualTo(-1);
  }

  @Test
  void shouldDeleteKeysAndFieldsOfEveryType() {
    fixture.apply(
        load(
            collection("hash", DataType.HASH),
            hashField("hash", "a", "1"),
            hashField("hash", "b", "2"),
            string("gone", "x"),
            collection("set", DataType.SET),
            member("set", "a"),
            member("set", "b"),
            collection("stream", DataType.STREAM),
            entry("stream", 1, 0, "a", "b"),
            entry("stream", 2, 0, "a", "b"),
            collection("zset", DataType.ZSET),
            scored("zset", "a", 1),
            scored("zset", "b", 2)));

    fixture.apply(
        delta(
            100,
            110,
            deletedField("hash", "a"),
            deleted("gone"),
            deletedField("set", DataType.SET, Bytes.utf8("a")),
            deletedField("stream", DataType.STREAM, streamId(1, 0)),
            deletedField("zset", DataType.ZSET, Bytes.utf8("a"))));

    assertThat(fixture.target.hkeys("hash")).containsExactly("b");
    assertThat(fixture.target.exists("gone")).isZero();
    assertThat(fixture.target.smembers("set")).containsExactly("b");
    assertThat(fixture.target.xlen("stream")).isEqualTo(1);
    assertThat(fixture.target.zrange("zset", 0, -1)).containsExactly("b");
  }

  @Test
  void shouldChangeAnExpiryAloneAndTakeItAway() {
    fixture.apply(
        load(
            collection("a", DataType.HASH, inAnHour()),
            hashField("a", "f", "1"),
            collection("b", DataType.HASH),
            hashField("b", "f", "1")));
    long later = inAnHour() + 5;

    fixture.apply(
        delta(100, 101, expiry("a", DataType.HASH, 0), expiry("b", DataType.HASH, later)));

    assertThat(fixture.target.pexpiretime("a")).isEqualTo(-1);
    assertThat(fixture.target.pexpiretime("b")).isEqualTo(later);
    assertThat(fixture.target.hget("b", "f")).isEqualTo("1");
  }

  @Test
  void shouldNotBringBackAKeyWhoseExpiryHasPassed() {
    fixture.apply(load());

    fixture.apply(
        delta(100, 101, collection("h", DataType.HASH, 1000), hashField("h", "f", "1")),
        delta(101, 102, hashField("h", "g", "1")),
        delta(102, 103, string("s", "x", 1000)));

    assertThat(fixture.target.exists("h", "s")).isZero();
  }

  @Test
  void shouldApplyAGroupInOrderPerKey() {
    fixture.apply(load());

    fixture.apply(
        unfinished(
            100, 110, string("k", "1"), collection("h", DataType.HASH), hashField("h", "a", "1")),
        unfinished(110, 120, deleted("k"), hashField("h", "a", "2"), hashField("h", "b", "1")),
        delta(120, 130, string("k", "3"), deletedField("h", "b")));

    assertThat(fixture.target.get("k")).isEqualTo("3");
    assertThat(fixture.target.hgetall("h")).isEqualTo(Map.of("a", "2"));
    assertThat(fixture.cursor()).isEqualTo(at(130));
  }

  @Test
  void shouldKeepTheExpiryOfACollectionWhoseFieldsAllChange() {
    long expiry = inAnHour();
    fixture.apply(load(collection("h", DataType.HASH, expiry), hashField("h", "a", "1")));

    fixture.apply(
        unfinished(100, 110, deletedField("h", "a")), delta(110, 120, hashField("h", "b", "1")));

    assertThat(fixture.target.hgetall("h")).isEqualTo(Map.of("b", "1"));
    assertThat(fixture.target.pexpiretime("h")).isEqualTo(expiry);
  }

  @Test
  void shouldKeepTheExpiryOfACollectionThatIsEmptyBetweenGroups() {
    long expiry = inAnHour();
    fixture.apply(load(collection("h", DataType.HASH, expiry), hashField("h", "a", "1")));

    fixture.apply(unfinished(100, 110, deletedField("h", "a")));
    assertThat(fixture.target.exists("h")).isZero();
    fixture.begin();
    fixture.apply(unfinished(110, 120, hashField("h", "b", "1")));

    assertThat(fixture.target.hgetall("h")).isEqualTo(Map.of("b", "1"));
    assertThat(fixture.target.pexpiretime("h")).isEqualTo(expiry);
    fixture.apply(delta(120, 130));
    assertThat(fixture.target.keys("replicator:*")).containsExactly("replicator:cursors");
  }

  @Test
  void shouldGiveFieldsThatCameAfterTheLoadTheExpiryOfTheirHeader() {
    long expiry = inAnHour();
    fixture.apply(load(collection("h", DataType.HASH, expiry)));
    assertThat(fixture.target.exists("h")).isZero();

    fixture.apply(delta(100, 110, hashField("h", "newer than the load", "1")));

    assertThat(fixture.target.pexpiretime("h")).isEqualTo(expiry);
  }

  @Test
  void shouldKeepACollectionWhoseHeaderAndFieldsComeInDifferentGroups() {
    long expiry = inAnHour();
    fixture.apply(
        load(
            collection("lost all", DataType.SET),
            member("lost all", "old"),
            collection("other", DataType.HASH),
            hashField("other", "old", "1")));

    fixture.apply(
        unfinished(
            100,
            110,
            collection("new", DataType.HASH, expiry),
            deletedField("lost all", DataType.SET, Bytes.utf8("old")),
            collection("lost all", DataType.ZSET),
            string("other", "for a moment")));
    fixture.begin();
    fixture.apply(unfinished(110, 120, collection("other", DataType.HASH)));
    fixture.apply(
        delta(
            120,
            130,
            hashField("new", "f", "1"),
            scored("lost all", "m", 1),
            hashField("other", "f", "1")));

    assertThat(fixture.target.hgetall("new")).isEqualTo(Map.of("f", "1"));
    assertThat(fixture.target.pexpiretime("new")).isEqualTo(expiry);
    assertThat(fixture.target.zscore("lost all", "m")).isEqualTo(1);
    assertThat(fixture.target.hgetall("other")).isEqualTo(Map.of("f", "1"));
    assertThat(fixture.target.keys("replicator:*")).containsExactly("replicator:cursors");
  }

  @Test
  void shouldKeepACollectionWhoseFieldsComeAndGoWithinAGroup() {
    fixture.apply(load(collection("old", DataType.HASH), hashField("old", "a", "1")));

    fixture.apply(
        unfinished(
            100,
            110,
            collection("new", DataType.HASH),
            hashField("new", "a", "1"),
            hashField("old", "b", "1")),
        unfinished(
            110,
            120,
            deletedField("new", "a"),
            deletedField("old", "a"),
            deletedField("old", "b")));
    fixture.apply(delta(120, 130, hashField("new", "c", "1"), hashField("old", "c", "1")));

    assertThat(fixture.target.hgetall("new")).isEqualTo(Map.of("c", "1"));
    assertThat(fixture.target.hgetall("old")).isEqualTo(Map.of("c", "1"));
  }

  @Test
  void shouldNotMakeAnEternalKeyOfAFieldWhoseKeyHasExpiredHere() {
    fixture.apply(load(collection("h", DataType.HASH, inAnHour()), hashField("h", "a", "1")));
    fixture.target.del("h");

    fixture.apply(delta(100, 110, hashField("h", "b", "1")));
    assertThat(fixture.target.exists("h")).isZero();

    fixture.apply(delta(110, 120, deleted("h")));
    assertThat(fixture.cursor()).isEqualTo(at(120));
  }

  @Test
  void shouldLoadAgainWhenALongerLifeArrivesAfterTheKeyHasExpiredHere() {
    fixture.apply(load(collection("h", DataType.HASH, inAnHour()), hashField("h", "a", "1")));
    fixture.target.del("h");

    assertThatThrownBy(
            () ->
                fixture.apply(
                    delta(
                        100,
                        110,
                        hashField("h", "b", "1"),
                        expiry("h", DataType.HASH, inAnHour()))))
        .isInstanceOf(RedisFailedException.class)
        .hasMessageContaining("key h expired");

    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
    fixture.apply(
        load(
            collection("h", DataType.HASH, inAnHour()),
            hashField("h", "a", "1"),
            hashField("h", "b", "1")));
    assertThat(fixture.target.hgetall("h")).isEqualTo(Map.of("a", "1", "b", "1"));
  }

  @Test
  void shouldWriteManyRecordsInFewCommandsOfBoundedSize() {
    List<VersionedRecord> records = new ArrayList<>();
    records.add(collection("h", DataType.HASH));
    for (int i = 0; i < 5000; i++) {
      records.add(hashField("h", "f" + i, "v"));
    }
    for (int i = 0; i < 5000; i++) {
      records.add(string("s" + i, "v"));
    }
    fixture.target.configResetstat();

    fixture.apply(new Batch(Cursor.NOTHING, at(100), true, false, records));

    assertThat(fixture.target.hlen("h")).isEqualTo(5000);
    assertThat(fixture.target.dbsize()).isEqualTo(5002);
    assertThat(fixture.target.info("commandstats"))
        .contains("cmdstat_mset:calls=10,")
        // 5 for the fields, 1 for the cursor.
        .contains("cmdstat_hset:calls=6,");
  }

  @Test
  void shouldSweepWhatAResetLoadDidNotBringAndNothingElse() {
    Feed feed =
        SinkFixture.feed(
            "0", "some", new KeyFilter(List.of(KeyGlob.of("k*")), List.of(KeyGlob.of("kept*"))));
    fixture.target.set("k:vanished", "old");
    fixture.target.set("k:still", "old");
    fixture.target.set("kept by its filter", "x");
    fixture.target.set("other", "x");
    fixture.target.set("replicator:own", "x");
    fixture.target.hset("k:hash", "old field", "x");
    for (int i = 0; i < 3000; i++) {
      fixture.target.set("k:many:" + i, "x");
    }
    fixture.begin(feed);

    fixture.apply(
        feed,
        load(
            collection("k:hash", DataType.HASH),
            hashField("k:hash", "a", "1"),
            string("k:still", "new")));

    assertThat(fixture.target.keys("*"))
        .containsExactlyInAnyOrder(
            "k:still",
            "k:hash",
            "kept by its filter",
            "other",
            "replicator:own",
            "replicator:cursors");
    assertThat(fixture.target.get("k:still")).isEqualTo("new");
    assertThat(fixture.target.hgetall("k:hash")).isEqualTo(Map.of("a", "1"));
  }

  @Test
  void shouldForgetMarksOfAResetThatWasBrokenOffBeforeItsFirstBatch() {
    fixture.target.set("other", "x");
    fixture.target.sadd("replicator:stale:0/all", "not there before", "other");

    fixture.apply(
        Batches.part(Cursor.NOTHING, Batches.loading("m"), false, string("not there before", "1")));
    fixture.begin();
    fixture.apply(Batches.part(Batches.loading("m"), at(100), false, string("other", "new")));

    assertThat(fixture.target.get("not there before")).isEqualTo("1");
    assertThat(fixture.target.get("other")).isEqualTo("new");
  }

  @Test
  void shouldResumeAResetLoadAfterACrashInTheMiddle() {
    fixture.target.set("a", "old");
    fixture.target.set("b", "old");
    fixture.target.set("z", "old");

    fixture.apply(Batches.part(Cursor.NOTHING, Batches.loading("a"), false, string("a", "new")));
    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(Batches.loading("a"));
    assertThat(fixture.target.mget("a", "b", "z"))
        .extracting(value -> value.getValue())
        .containsExactly("new", "old", "old");
    fixture.apply(Batches.part(Batches.loading("a"), at(100), false, string("b", "new")));

    assertThat(fixture.target.keys("*")).containsExactlyInAnyOrder("a", "b", "replicator:cursors");
  }

  @Test
  void shouldNotSweepBeforeAFrontierWhatOnlyTheDeltaBrings() {
    fixture.target.set("changed during the load", "old");
    fixture.target.set("vanished", "old");

    // The load leaves out what is newer than its beginning.
    fixture.apply(new Batch(Cursor.NOTHING, at(100), false, false, List.of(string("a", "1"))));
    assertThat(fixture.target.get("changed during the load")).isEqualTo("old");
    fixture.apply(delta(100, 101, string("changed during the load", "new")));

    assertThat(fixture.target.get("changed during the load")).isEqualTo("new");
    assertThat(fixture.target.exists("vanished")).isZero();
  }

  @Test
  void shouldFinishASweepThatACrashBrokeOff() {
    fixture.target.set("vanished", "old");
    fixture.apply(Batches.part(Cursor.NOTHING, Batches.loading("a"), false, string("a", "1")));
    // The state between the load's last transaction and its sweep.
    String loading = fixture.target.hget("replicator:cursors", "0/all");
    assertThat(loading).endsWith("sweep=marked");
    fixture.target.hset("replicator:cursors", "0/all", Batches.EPOCH + " 100 sweep=sweeping");

    fixture.begin();

    assertThat(fixture.target.keys("*")).containsExactlyInAnyOrder("a", "replicator:cursors");
    assertThat(fixture.cursor()).isEqualTo(at(100));
    fixture.apply(delta(100, 101, string("b", "1")));
  }

  @Test
  void shouldStageACollectionThatSpansBatchesAcrossACrash() {
    long expiry = inAnHour();
    fixture.target.hset("big", "old", "x");

    fixture.apply(
        Batches.part(
            Cursor.NOTHING,
            Batches.loading("1"),
            true,
            collection("big", DataType.HASH, expiry),
            hashField("big", "a", "1")));
    assertThat(fixture.target.hgetall("big")).isEqualTo(Map.of("old", "x"));
    fixture.begin();
    fixture.apply(
        Batches.part(Batches.loading("1"), Batches.loading("2"), true, hashField("big", "b", "2")));
    assertThat(fixture.target.hgetall("big")).isEqualTo(Map.of("old", "x"));
    fixture.begin();
    fixture.apply(
        Batches.part(
            Batches.loading("2"),
            Batches.loading("3"),
            true,
            hashField("big", "c", "3"),
            collection("next", DataType.SET),
            member("next", "m")));

    assertThat(fixture.target.hgetall("big")).isEqualTo(Map.of("a", "1", "b", "2", "c", "3"));
    assertThat(fixture.target.pexpiretime("big")).isEqualTo(expiry);
    assertThat(fixture.target.exists("next")).isZero();
    fixture.apply(Batches.part(Batches.loading("3"), at(100), false));
    assertThat(fixture.target.smembers("next")).containsExactly("m");
    assertThat(fixture.target.keys("replicator:*")).containsExactly("replicator:cursors");
  }

  @Test
  void shouldLoadAFieldWhoseHeaderIsLeftToTheDelta() {
    fixture.target.hset("h", "old", "x");

    fixture.apply(load(hashField("h", "a", "1")));
    assertThat(fixture.target.hgetall("h")).isEqualTo(Map.of("a", "1"));
    long expiry = inAnHour();
    fixture.apply(delta(100, 110, expiry("h", DataType.HASH, expiry)));

    assertThat(fixture.target.pexpiretime("h")).isEqualTo(expiry);
  }

  @Test
  void shouldBeginTheLoadAnewWhereItsStagedPartIsLost() {
    fixture.apply(
        Batches.part(
            Cursor.NOTHING,
            Batches.loading("1"),
            true,
            collection("big", DataType.HASH),
            hashField("big", "a", "1")));
    fixture.target.del("replicator:stage:0/all");

    fixture.begin();

    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
  }

  @Test
  void shouldTakeAnUnreadableCursorAsNone() {
    fixture.target.hset("replicator:cursors", "0/all", "garbage");

    fixture.begin();

    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
    fixture.apply(load(string("a", "1")));
    assertThat(fixture.cursor()).isEqualTo(at(100));
  }

  @Test
  void shouldKeepTwoFeedsOfOneDatabaseApart() {
    Feed quotes = SinkFixture.feed("0", "q", new KeyFilter(List.of(KeyGlob.of("q:*")), List.of()));
    Feed trades = SinkFixture.feed("0", "t", new KeyFilter(List.of(KeyGlob.of("t:*")), List.of()));
    fixture.begin(quotes, trades);
    fixture.apply(quotes, load(string("q:1", "1"), string("q:2", "1")));
    fixture.apply(trades, load(string("t:1", "1")));

    fixture.begin(quotes, trades);
    fixture.apply(quotes, load(string("q:1", "2")));

    assertThat(fixture.target.keys("?:*")).containsExactlyInAnyOrder("q:1", "t:1");
    assertThat(await(fixture.sink.cursors()))
        .isEqualTo(Map.of(quotes.key(), at(100), trades.key(), at(100)));
  }

  @Test
  void shouldMapDatabasesToTargets() {
    fixture.newSink(Map.of("prices", 3, "0", 4));
    Feed named = SinkFixture.feed("prices", "f", KeyFilter.ALL);
    await(fixture.sink.open(HUB, List.of(named, FEED)));

    fixture.apply(named, load(string("a", "named")));
    fixture.apply(load(string("a", "zero")));

    assertThat(fixture.target.dbsize()).isZero();
    fixture.target.select(3);
    assertThat(fixture.target.get("a")).isEqualTo("named");
    fixture.target.select(4);
    assertThat(fixture.target.get("a")).isEqualTo("zero");
    fixture.target.select(0);
    assertThat(await(fixture.sink.cursors())).hasSize(2).containsKey(named.key());
  }

  @Test
  void shouldRefuseWhatHasNoTarget() {
    assertThatThrownBy(
            () ->
                await(
                    fixture.sink.open(
                        HUB, List.of(SinkFixture.feed("prices", "f", KeyFilter.ALL)))))
        .isInstanceOf(SinkRefusedException.class)
        .hasMessageContaining("prices=TARGET");
    assertThatThrownBy(
            () ->
                await(fixture.sink.open(HUB, List.of(SinkFixture.feed("99", "f", KeyFilter.ALL)))))
        .isInstanceOf(SinkRefusedException.class)
        .hasMessageContaining("raise databases");
  }

  @Test
  void shouldRefuseTwoSourcesIntoOneDatabase() {
    fixture.newSink(Map.of("1", 0));

    assertThatThrownBy(
            () ->
                await(
                    fixture.sink.open(
                        HUB, List.of(FEED, SinkFixture.feed("1", "f", KeyFilter.ALL)))))
        .isInstanceOf(SinkRefusedException.class)
        .hasMessageContaining("both mapped to database 0");
  }

  @Test
  void shouldRefuseItsOwnSource() {
    String runId =
        fixture
            .target
            .info("server")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .map(line -> line.substring(7).strip())
            .findFirst()
            .orElseThrow();
    var hub =
        new HubIdentity(
            "hub",
            Batches.EPOCH,
            List.of(
                new HubIdentity.SourceIdentity(
                    "redis:" + runId, "source:6379", List.of("0", "2"))));

    assertThatThrownBy(() -> await(fixture.sink.open(hub, List.of(FEED))))
        .isInstanceOf(SinkRefusedException.class)
        .hasMessageContaining("itself captured");
    fixture.newSink(Map.of("0", 1));
    await(fixture.sink.open(hub, List.of(FEED)));
  }

  @Test
  void shouldRefuseAReplica() throws Exception {
    try (var replica = RedisProcess.start("--replicaof", "127.0.0.1 " + fixture.redis.port())) {
      var sink = new RedisSink(RedisAddress.parse(replica.uri()), Map.of());
      await(sink.connect());

      assertThatThrownBy(() -> await(sink.open(HUB, List.of(FEED))))
          .isInstanceOf(SinkRefusedException.class)
          .hasMessageContaining("read-only replica of 127.0.0.1:" + fixture.redis.port());
      await(sink.close());
    }
  }

  @Test
  void shouldRestoreOpaqueValuesAndCountThoseThatTheTargetCannotRead() {
    fixture.target.rpush("model", "a", "b");
    Bytes payload = Bytes.wrap(fixture.target.dump("model"));
    fixture.target.del("model");
    fixture.apply(load());
    fixture.target.set("broken", "older");

    BatchSink.Applied applied =
        fixture.apply(
            delta(
                100,
                110,
                header("good", DataType.OPAQUE, payload, inAnHour(), true),
                header("broken", DataType.OPAQUE, Bytes.utf8("no payload"), 0, true)));

    assertThat(applied.unsupported()).isEqualTo(Map.of("OPAQUE", 1L));
    assertThat(applied.records()).isEqualTo(1);
    assertThat(fixture.target.lrange("good", 0, -1)).containsExactly("a", "b");
    assertThat(fixture.target.pttl("good")).isPositive();
    assertThat(fixture.target.exists("broken")).isZero();
    assertThat(fixture.cursor()).isEqualTo(at(110));
  }

  @Test
  void shouldSayWhatToDoWhenTheTargetIsFull() {
    fixture.apply(load());
    fixture.target.configSet("maxmemory", "1mb");
    try {
      assertThatThrownBy(() -> fixture.apply(delta(100, 110, string("a", "1"))))
          .isInstanceOf(RedisFailedException.class)
          .hasMessageContaining("MSET a failed")
          .hasMessageContaining("OOM")
          .hasMessageContaining("maxmemory");
    } finally {
      fixture.target.configSet("maxmemory", "0");
    }

    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(at(100));
    fixture.apply(delta(100, 110, string("a", "1")));
  }

  @Test
  void shouldNameTheKeyThatSomebodyElseWroteToAndLoadAgain() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.target.set("h", "somebody else's");

    assertThatThrownBy(() -> fixture.apply(delta(100, 110, hashField("h", "b", "1"))))
        .isInstanceOf(RedisFailedException.class)
        .hasMessageContaining("HSET h failed")
        .hasMessageContaining("WRONGTYPE");

    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
  }

  @Test
  void shouldRefuseABatchThatDoesNotFollowWhatTheTargetHolds() {
    fixture.apply(load());

    assertThatThrownBy(() -> fixture.apply(delta(99, 110, string("a", "1"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("99");
    assertThat(fixture.target.exists("a")).isZero();
  }

  @Test
  void shouldApplyExactlyOnceAcrossLostConnections() {
    fixture.apply(load(collection("stream", DataType.STREAM)));
    int losses = 0;
    long version = 100;
    while (version < 400) {
      long next = version + 1;
      String padding = "x".repeat(20_000);
      var applied =
          fixture
              .sink
              .apply(
                  FEED,
                  List.of(
                      delta(
                          version,
                          next,
                          entry("stream", next, 0, "n", padding),
                          string("last", Long.toString(next)))))
              .toCompletableFuture();
      if (version % 10 == 0) {
        fixture.target.clientKill(KillArgs.Builder.typeNormal().skipme());
      }
      try {
        applied.join();
        version = next;
      } catch (RuntimeException e) {
        losses++;
        await(fixture.sink.connect());
        version = ((Cursor.At) fixture.cursor()).version();
        await(fixture.sink.open(HUB, List.of(FEED)));
      }
    }

    assertThat(losses).isPositive();
    assertThat(fixture.target.xlen("stream")).isEqualTo(300);
    assertThat(fixture.target.get("last")).isEqualTo("400");
  }

  @Test
  void shouldNeverShowHalfOfAGroup() {
    fixture.apply(load(string("a", "100"), string("b", "100")));
    var done = new AtomicBoolean();
    CompletableFuture<Long> observer =
        CompletableFuture.supplyAsync(
            () -> {
              long seen = 0;
              try (var connection = fixture.client().connect()) {
                var commands = connection.sync();
                while (!done.get()) {
                  commands.multi();
                  commands.get("a");
                  commands.get("b");
                  commands.hget("h", "f");
                  commands.hget("replicator:cursors", "0/all");
                  TransactionResult result = commands.exec();
                  String a = result.get(0);
                  assertThat(result.<String>get(1)).isEqualTo(a);
                  assertThat(result.<String>get(2)).isIn(a, null);
                  assertThat(result.<String>get(3)).isEqualTo(Batches.EPOCH + " " + a);
                  seen++;
                }
              }
              return seen;
            });

    for (long version = 100; version < 1100; version += 2) {
      String value = Long.toString(version + 2);
      fixture.apply(
          unfinished(version, version + 1, string("a", value)),
          delta(
              version + 1,
              version + 2,
              collection("h", DataType.HASH),
              hashField("h", "f", value),
              string("b", value)));
    }
    done.set(true);

    assertThat(observer.join()).isPositive();
  }

  @Test
  void shouldNameWhatIsWrongWithTheConnection() throws Exception {
    int port = fixture.redis.port();
    assertConnectFails("redis://127.0.0.1:1", "cannot connect to redis://127.0.0.1:1/0");
    fixture.target.aclSetuser("u", AclSetuserArgs.Builder.on().addPassword("right"));
    assertConnectFails("redis://u:wrong@127.0.0.1:" + port, "refuses the user or password");
  }

  private static void assertConnectFails(String uri, String message) {
    var sink = new RedisSink(RedisAddress.parse(uri), Map.of());
    assertThatThrownBy(() -> await(sink.connect()))
        .isInstanceOf(RedisFailedException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("wrong");
    await(sink.close());
  }

  @Test
  void shouldAddFieldsOfManyBytesOneAfterTheOther() {
    fixture.apply(
        load(
            collection("h", DataType.HASH),
            field("h", DataType.HASH, Bytes.utf8("a"), Bytes.wrap(new byte[3 << 20])),
            field("h", DataType.HASH, Bytes.utf8("b"), Bytes.wrap(new byte[3 << 20]))));

    assertThat(fixture.target.hlen("h")).isEqualTo(2);
  }
}
