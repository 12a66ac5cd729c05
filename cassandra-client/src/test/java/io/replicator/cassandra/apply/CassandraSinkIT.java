package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.at;
import static io.replicator.cassandra.apply.Batches.collection;
import static io.replicator.cassandra.apply.Batches.deleted;
import static io.replicator.cassandra.apply.Batches.deletedField;
import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.entry;
import static io.replicator.cassandra.apply.Batches.expiry;
import static io.replicator.cassandra.apply.Batches.hashField;
import static io.replicator.cassandra.apply.Batches.lateLoad;
import static io.replicator.cassandra.apply.Batches.list;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.loading;
import static io.replicator.cassandra.apply.Batches.member;
import static io.replicator.cassandra.apply.Batches.part;
import static io.replicator.cassandra.apply.Batches.scored;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.HubIdentity;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedCassandra.class)
class CassandraSinkIT {
  private static final String HASH =
      "SELECT field, value FROM hashes WHERE database = 0 AND key = 'h'";
  private static final String STRINGS = "SELECT key, value FROM strings";
  private static final String KEYS = "SELECT key, type FROM keys";
  private static final Epoch NEXT_EPOCH = new Epoch(0x5678);

  private SinkFixture fixture;

  @BeforeEach
  void begin(CassandraServer server) {
    fixture = new SinkFixture(server, "sink_it").begin();
  }

  @AfterEach
  void end() {
    fixture.close();
  }

  private static long inSeconds(long seconds) {
    return System.currentTimeMillis() + seconds * 1_000;
  }

  // ---- Content

  @Test
  void shouldHoldEveryTypeSoThatPeopleCanReadIt() {
    fixture.apply(
        load(
            string("s", "grüße"),
            list("l", "a", "", "c"),
            collection("h", DataType.HASH),
            hashField("h", "name", "Ann"),
            hashField("h", "", ""),
            collection("set", DataType.SET),
            member("set", "x"),
            member("set", "y"),
            collection("z", DataType.ZSET),
            scored("z", "inf", Double.POSITIVE_INFINITY),
            scored("z", "one", 1.5),
            collection("st", DataType.STREAM),
            entry("st", 5, 0, "f", "v", "f", "w"),
            entry("st", -1, -1, "g", "x")));
    assertThat(fixture.rows(STRINGS)).containsExactly("s|grüße");
    assertThat(fixture.rows("SELECT items FROM lists WHERE database = 0 AND key = 'l'"))
        .containsExactly("[a, , c]");
    assertThat(fixture.rows(HASH)).containsExactly("|", "name|Ann");
    assertThat(fixture.rows("SELECT member FROM sets WHERE database = 0 AND key = 'set'"))
        .containsExactly("x", "y");
    assertThat(fixture.rows("SELECT member, score FROM zsets WHERE database = 0 AND key = 'z'"))
        .containsExactly("inf|Infinity", "one|1.5");
    assertThat(
            fixture.rows("SELECT ms, seq, fields FROM streams WHERE database = 0 AND key = 'st'"))
        .containsExactly("5|0|[f, v, f, w]", "18446744073709551615|18446744073709551615|[g, x]");
    assertThat(fixture.rows(KEYS))
        .containsExactlyInAnyOrder(
            "s|string", "l|list", "h|hash", "set|set", "z|zset", "st|stream");
    assertThat(fixture.cursor()).isEqualTo(at(100));
  }

  @Test
  void shouldHoldWhatIsNotText() {
    Bytes binary = Bytes.wrap(new byte[] {(byte) 0xff, 0, 1});
    fixture.apply(
        load(
            new VersionedRecord.Header(binary, DataType.STRING, binary, 0, true, 0, 0),
            new VersionedRecord.Header(Bytes.EMPTY, DataType.STRING, Bytes.EMPTY, 0, true, 0, 0),
            collection("h", DataType.HASH),
            Batches.field("h", DataType.HASH, binary, binary)));
    assertThat(fixture.rows("SELECT key, value, bytes FROM strings"))
        .containsExactlyInAnyOrder("\\xff0001||0xff0001", "||0x");
    assertThat(fixture.rows("SELECT field, value, bytes FROM hashes"))
        .containsExactly("\\xff0001||0xff0001");
  }

  @Test
  void shouldRefuseAndCountWhatIsTooLarge() {
    fixture.begin(Batches.EPOCH, "&value-max=10");
    fixture.apply(
        load(string("s", "short"), collection("h", DataType.HASH), hashField("h", "f", "v")));
    var applied =
        fixture.apply(
            delta(
                100,
                string("s", "longer than ten"),
                hashField("h", "f", "longer than ten"),
                string("k".repeat(70_000), "v")));
    assertThat(applied.unsupported()).isEqualTo(Map.of("VALUE_OVER_LIMIT", 2L, "KEY_TOO_LONG", 1L));
    assertThat(applied.records()).isZero();
    assertThat(fixture.rows(STRINGS)).isEmpty();
    assertThat(fixture.rows(HASH)).isEmpty();
  }

  // ---- Changes

  @Test
  void shouldWriteOneRowForOneField() {
    fixture.apply(
        load(collection("h", DataType.HASH), hashField("h", "a", "1"), hashField("h", "b", "2")));
    long rows = fixture.sink.tally().rows();
    long requests = fixture.sink.linkTally().answered();
    fixture.apply(delta(100, hashField("h", "a", "3")));
    assertThat(fixture.rows(HASH)).containsExactly("a|3", "b|2");
    assertThat(fixture.sink.tally().rows() - rows).isEqualTo(1);
    // The row and the cursor.
    assertThat(fixture.sink.linkTally().answered() - requests).isEqualTo(2);
  }

  @Test
  void shouldWriteOneRowForOneFieldOfAHundredThousand() {
    VersionedRecord[] records = new VersionedRecord[100_001];
    records[0] = collection("h", DataType.HASH);
    for (int i = 1; i < records.length; i++) {
      records[i] = hashField("h", "f" + i, "v");
    }
    fixture.apply(load(records));
    fixture.begin();
    long rows = fixture.sink.tally().rows();
    fixture.apply(delta(100, hashField("h", "f5", "changed")));
    assertThat(fixture.sink.tally().rows() - rows).isEqualTo(1);
    // What the directory says of the key, the row, the cursor.
    assertThat(fixture.sink.tally().lookedUp()).isEqualTo(1);
    assertThat(
            fixture.rows(
                "SELECT value FROM hashes WHERE database = 0 AND key = 'h' AND field = 'f5'"))
        .containsExactly("changed");
    assertThat(fixture.rows("SELECT COUNT(*) FROM hashes WHERE database = 0 AND key = 'h'"))
        .containsExactly("100000");
  }

  @Test
  void shouldShowEveryBatchToAnObserverBeforeItsCursor() {
    fixture.apply(load(string("s", "1")));
    List<Long> seen = new ArrayList<>();
    var observed =
        new CassandraSink(
            fixture.target(""),
            Map.of("0", fixture.database),
            (feed, batches) -> {
              seen.add(GroupApply.version(batches.get(0).to()));
              if (seen.size() == 1) {
                throw new IllegalStateException("not now");
              }
            });
    var hub = new HubIdentity("hub", Batches.EPOCH, List.of());
    var change = delta(100, string("s", "2"));
    SinkFixture.await(observed.connect());
    SinkFixture.await(observed.open(hub, List.of(SinkFixture.FEED)));
    assertThatThrownBy(() -> SinkFixture.apply(observed, change)).hasMessageContaining("not now");
    assertThat(fixture.cursor()).isEqualTo(at(100));
    SinkFixture.await(observed.connect());
    SinkFixture.await(observed.open(hub, List.of(SinkFixture.FEED)));
    SinkFixture.apply(observed, change);
    assertThat(seen).containsExactly(101L, 101L);
    assertThat(fixture.cursor()).isEqualTo(at(101));
    SinkFixture.await(observed.close());
  }

  @Test
  void shouldKeepTheNewestOfAFieldThatChangedTwiceBeforeTheExpiryDid() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "0")));
    fixture.apply(
        delta(100, hashField("h", "a", "9"), deletedField("h", "b"), hashField("h", "c", "1")),
        delta(
            103,
            hashField("h", "a", "1"),
            hashField("h", "b", "2"),
            deletedField("h", "c"),
            expiry("h", DataType.HASH, inSeconds(500))));
    assertThat(fixture.rows(HASH)).containsExactly("a|1", "b|2");
  }

  @Test
  void shouldKeepTheNewestOfAFieldThatChangedTwiceInANewCollection() {
    fixture.apply(load());
    fixture.apply(
        delta(100, collection("h", DataType.HASH), hashField("h", "a", "9")),
        delta(102, hashField("h", "a", "1"), expiry("h", DataType.HASH, inSeconds(500))));
    assertThat(fixture.rows(HASH)).containsExactly("a|1");
  }

  @Test
  void shouldDeleteFieldsAndKeys() {
    fixture.apply(
        load(
            string("s", "v"),
            collection("h", DataType.HASH),
            hashField("h", "a", "1"),
            hashField("h", "b", "2")));
    fixture.apply(delta(100, deletedField("h", "a"), deleted("s")));
    assertThat(fixture.rows(HASH)).containsExactly("b|2");
    assertThat(fixture.rows(STRINGS)).isEmpty();
    assertThat(fixture.rows(KEYS)).containsExactly("h|hash");
  }

  @Test
  void shouldReplaceACollectionAndKeepNothingOfIt() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.apply(delta(100, collection("h", DataType.HASH), hashField("h", "b", "2")));
    assertThat(fixture.rows(HASH)).containsExactly("b|2");
  }

  @Test
  void shouldReplaceTypes() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "1"), string("s", "v")));
    fixture.apply(
        delta(100, string("h", "now a string"), collection("s", DataType.SET), member("s", "m")));
    assertThat(fixture.rows(HASH)).isEmpty();
    assertThat(fixture.rows(STRINGS)).containsExactly("h|now a string");
    assertThat(fixture.rows("SELECT key, member FROM sets")).containsExactly("s|m");
    assertThat(fixture.rows(KEYS)).containsExactlyInAnyOrder("h|string", "s|set");
  }

  @Test
  void shouldReplaceTypesThatAnEarlierProcessWrote() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.begin();
    fixture.apply(delta(100, string("h", "now a string")));
    assertThat(fixture.rows(HASH)).isEmpty();
    assertThat(fixture.rows(KEYS)).containsExactly("h|string");
  }

  @Test
  void shouldEndTheSameWhateverIsAppliedAgain() {
    fixture.apply(load(string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "1")));
    var changes =
        delta(
            100,
            string("s", "2"),
            collection("h", DataType.HASH),
            hashField("h", "b", "2"),
            deleted("gone"));
    fixture.apply(changes);
    List<String> once = fixture.rows(HASH);
    fixture.beginAgainFrom(100);
    assertThat(fixture.cursor()).isEqualTo(at(100));
    fixture.apply(changes);
    assertThat(fixture.rows(HASH)).isEqualTo(once).containsExactly("b|2");
    assertThat(fixture.rows(STRINGS)).containsExactly("s|2");
  }

  @Test
  void shouldSpreadLargeCollections() {
    fixture.begin(Batches.EPOCH, "&large=big:*");
    VersionedRecord[] records = new VersionedRecord[201];
    records[0] = collection("big:1", DataType.HASH);
    for (int i = 1; i < records.length; i++) {
      records[i] = hashField("big:1", "f" + i, "v" + i);
    }
    fixture.apply(load(records));
    assertThat(fixture.rows("SELECT DISTINCT database, key, bucket FROM large_hashes"))
        .hasSizeGreaterThan(40);
    assertThat(fixture.rows("SELECT field, value FROM large_hashes"))
        .hasSize(200)
        .contains("f7|v7");
    fixture.apply(delta(100, hashField("big:1", "f7", "new"), deletedField("big:1", "f8")));
    assertThat(fixture.rows("SELECT field, value FROM large_hashes"))
        .hasSize(199)
        .contains("f7|new")
        .doesNotContain("f8|v8");
    // Whatever the setting is now, the key stays where it is.
    fixture.begin();
    fixture.apply(delta(102, hashField("big:1", "f9", "newer")));
    assertThat(fixture.rows("SELECT field, value FROM large_hashes")).contains("f9|newer");
    assertThat(fixture.rows("SELECT field FROM hashes")).isEmpty();
    fixture.apply(delta(103, collection("big:1", DataType.HASH), hashField("big:1", "f", "v")));
    assertThat(fixture.rows("SELECT field FROM large_hashes")).isEmpty();
    assertThat(fixture.rows("SELECT field FROM hashes")).containsExactly("f");
  }

  // ---- Expiry

  @Test
  void shouldGiveRowsATimeToLive() {
    fixture.apply(
        load(
            string("s", "v", inSeconds(100)),
            string("over", "v", inSeconds(-5)),
            collection("h", DataType.HASH, inSeconds(200)),
            hashField("h", "a", "1")));
    assertThat(ttl("SELECT TTL(value) FROM strings WHERE database = 0 AND key = 's'"))
        .isBetween(90, 100);
    assertThat(fixture.rows(STRINGS)).containsExactly("s|v");
    assertThat(ttl("SELECT TTL(value) FROM hashes")).isBetween(250, 260);
  }

  @Test
  void shouldGiveANewFieldTheTimeThatItsCollectionHas() {
    fixture.apply(load(collection("h", DataType.HASH, inSeconds(200)), hashField("h", "a", "1")));
    fixture.begin();
    fixture.apply(delta(100, hashField("h", "b", "2")));
    assertThat(
            ttl("SELECT TTL(value) FROM hashes WHERE database = 0 AND key = 'h' AND field = 'b'"))
        .isBetween(240, 260);
  }

  @Test
  void shouldChangeAndRemoveTheTimeToLiveOfACollection() {
    fixture.apply(
        load(collection("h", DataType.HASH), hashField("h", "a", "1"), hashField("h", "b", "2")));
    fixture.apply(delta(100, expiry("h", DataType.HASH, inSeconds(500))));
    assertThat(ttl("SELECT TTL(value) FROM hashes")).isBetween(540, 560);
    fixture.apply(delta(101, hashField("h", "c", "3"), expiry("h", DataType.HASH, 0)));
    assertThat(fixture.rows("SELECT TTL(value) FROM hashes")).containsOnly("null").hasSize(3);
    assertThat(fixture.rows("SELECT expires_ms FROM keys")).containsExactly("0");
  }

  @Test
  void shouldLoadAgainWhenALongerLifeComesTooLate() {
    fixture.apply(load(collection("h", DataType.HASH, inSeconds(-60)), hashField("h", "a", "1")));
    assertThatThrownBy(() -> fixture.apply(delta(100, expiry("h", DataType.HASH, inSeconds(500)))))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("before its longer life");
    fixture.reopen(Batches.EPOCH);
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
  }

  private int ttl(String select) {
    return Integer.parseInt(fixture.rows(select).get(0));
  }

  // ---- Loads

  @Test
  void shouldResumeALoadWhereItStopped() {
    fixture.apply(
        part(
            Cursor.NOTHING,
            loading("h"),
            true,
            string("a", "1"),
            collection("h", DataType.HASH, inSeconds(500)),
            hashField("h", "a", "1")));
    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(loading("h"));
    fixture.apply(part(loading("h"), at(100), false, hashField("h", "b", "2"), string("z", "9")));
    assertThat(fixture.rows(HASH)).containsExactly("a|1", "b|2");
    assertThat(fixture.rows("SELECT TTL(value) FROM hashes")).doesNotContain("null");
    assertThat(fixture.rows(STRINGS)).containsExactlyInAnyOrder("a|1", "z|9");
  }

  @Test
  void shouldRemoveWithAResetWhatIsGoneAndOnlyThat() {
    fixture.apply(
        load(
            string("gone", "v"),
            string("stays", "v"),
            string("turns", "into a hash"),
            collection("h", DataType.HASH),
            hashField("h", "gone", "1"),
            hashField("h", "stays", "1")));
    fixture.begin(NEXT_EPOCH, "");
    assertThat(fixture.cursor()).isEqualTo(at(100));
    fixture.apply(
        load(
            NEXT_EPOCH,
            3,
            string("stays", "v2"),
            collection("turns", DataType.HASH),
            hashField("turns", "f", "v"),
            collection("h", DataType.HASH),
            hashField("h", "stays", "2")));
    assertThat(fixture.rows(STRINGS)).containsExactly("stays|v2");
    assertThat(fixture.rows(HASH)).containsExactly("stays|2");
    assertThat(fixture.rows("SELECT key, field FROM hashes WHERE database = 0 AND key = 'turns'"))
        .containsExactly("turns|f");
    assertThat(fixture.rows(KEYS))
        .containsExactlyInAnyOrder("stays|string", "turns|hash", "h|hash");
    assertThat(fixture.cursor()).isEqualTo(new Cursor.At(NEXT_EPOCH, 3));
    assertThat(fixture.sink.tally().swept()).isEqualTo(2);
  }

  @Test
  void shouldKeepEverythingUntilTheFrontierOfAReset() {
    fixture.apply(load(string("gone", "v"), string("changed", "v")));
    fixture.begin();
    fixture.apply(lateLoad());
    assertThat(fixture.rows(STRINGS)).containsExactlyInAnyOrder("gone|v", "changed|v");
    fixture.begin();
    fixture.apply(delta(150, string("changed", "v2")));
    assertThat(fixture.rows(STRINGS)).containsExactly("changed|v2");
    assertThat(fixture.rows(KEYS)).containsExactly("changed|string");
  }

  @Test
  void shouldSweepOnlyWhatTheFeedCarries() {
    fixture.apply(load(string("user:1", "v"), string("other", "v")));
    var users =
        SinkFixture.feed("0", "users", new KeyFilter(List.of(KeyGlob.of("user:*")), List.of()));
    SinkFixture.await(
        fixture.sink.open(new HubIdentity("hub", Batches.EPOCH, List.of()), List.of(users)));
    SinkFixture.await(
        fixture.sink.apply(users, List.of(load(Batches.EPOCH, 200, string("user:2", "v")))));
    assertThat(fixture.rows(STRINGS)).containsExactlyInAnyOrder("user:2|v", "other|v");
  }

  // ---- Several writers

  @Test
  void shouldNeverLetAnOlderEpochWinHoweverLateItWrites() {
    fixture.apply(
        load(string("s", "old"), collection("h", DataType.HASH), hashField("h", "a", "old")));
    CassandraSink old = fixture.sink;
    fixture.begin(NEXT_EPOCH, "");
    fixture.apply(
        load(
            NEXT_EPOCH,
            3,
            string("s", "new"),
            collection("h", DataType.HASH),
            hashField("h", "b", "new")));
    // The older hub is far ahead in its own counting, and knows nothing.
    SinkFixture.apply(
        old,
        delta(
            Batches.EPOCH,
            100,
            4_000_000_000L,
            true,
            string("s", "late"),
            deletedField("h", "b"),
            hashField("h", "b", "late")));
    assertThat(fixture.rows(STRINGS)).containsExactly("s|new");
    assertThat(fixture.rows(HASH)).contains("b|new");
  }

  @Test
  void shouldTellAnOlderEpochThatItWasTakenOver() {
    fixture.apply(load(string("s", "old")));
    CassandraSink old = fixture.sink;
    fixture.begin(NEXT_EPOCH, "");
    fixture.apply(load(NEXT_EPOCH, 3, string("s", "new")));
    assertThatThrownBy(
            () ->
                SinkFixture.apply(
                    old, delta(Batches.EPOCH, 100, 1L << 40, true, string("s", "late"))))
        .hasMessageContaining("taken over")
        .hasMessageContaining("two clients of different hubs");
  }

  @Test
  void shouldEndRightWhenTwoClientsWriteTheSame() {
    fixture.apply(load(string("s", "0")));
    CassandraSink behind = fixture.sink;
    fixture.begin();
    var first =
        delta(100, string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "1"));
    var second = delta(103, string("s", "2"), string("h", "a string now"));
    fixture.apply(first, second);
    SinkFixture.apply(behind, first);
    SinkFixture.apply(behind, second);
    assertThat(fixture.rows(STRINGS)).containsExactlyInAnyOrder("s|2", "h|a string now");
    assertThat(fixture.rows(HASH)).isEmpty();
    assertThat(fixture.rows(KEYS)).containsExactlyInAnyOrder("s|string", "h|string");
  }
}
