package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.EPOCH;
import static io.replicator.cassandra.apply.Batches.at;
import static io.replicator.cassandra.apply.Batches.collection;
import static io.replicator.cassandra.apply.Batches.deleted;
import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.expiry;
import static io.replicator.cassandra.apply.Batches.hashField;
import static io.replicator.cassandra.apply.Batches.lateLoad;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.loading;
import static io.replicator.cassandra.apply.Batches.part;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Groups that were broken off and come again, the hub's state being another by then. */
@ExtendWith(SharedCassandra.class)
class InterruptedApplyIT {
  private static final String HASHES = "SELECT key, field FROM hashes";
  private static final String KEYS = "SELECT key, type FROM keys";

  private final long nowMs = System.currentTimeMillis();
  private SinkFixture fixture;

  @BeforeEach
  void begin(CassandraServer server) {
    fixture = new SinkFixture(server, "interrupted_it").begin();
  }

  @AfterEach
  void end() {
    fixture.close();
  }

  private long inSeconds(long seconds) {
    return nowMs + seconds * 1_000;
  }

  // ---- Resets

  @Test
  void shouldListAKeyThatReturnsToTheTypeThatItHadBeforeAReset() {
    fixture.apply(load(string("k", "old")));
    fixture.apply(lateLoad(collection("k", DataType.HASH), hashField("k", "a", "1")));
    fixture.begin();
    fixture.apply(delta(150, hashField("k", "b", "2")));
    assertThat(fixture.rows(KEYS)).containsExactly("k|hash");
    fixture.apply(delta(151, string("k", "new")));
    assertThat(fixture.rows(KEYS)).containsExactly("k|string");
    assertThat(fixture.rows(HASHES)).isEmpty();
  }

  @Test
  void shouldGoOnWithALoadInTheTableInWhichItBegan() {
    fixture.apply(load(EPOCH, 50, collection("h", DataType.HASH), hashField("h", "old", "1")));
    fixture.begin(EPOCH, "&large=h");
    fixture.apply(
        part(
            Cursor.NOTHING,
            loading("h"),
            true,
            collection("h", DataType.HASH),
            hashField("h", "a", "1")));
    fixture.begin(EPOCH, "&large=h");
    fixture.apply(part(loading("h"), at(100), false, hashField("h", "b", "2")));
    assertThat(fixture.rows(HASHES)).isEmpty();
    assertThat(fixture.rows("SELECT key, field FROM large_hashes"))
        .containsExactlyInAnyOrder("h|a", "h|b");
    assertThat(fixture.rows(KEYS)).containsExactly("h|large_hash");
  }

  @Test
  void shouldKeepNothingOfACollectionThatWasMadeAnewBehindAReset() {
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "old", "1")));
    fixture.apply(lateLoad());
    fixture.begin();
    fixture.apply(
        delta(150, deleted("h"), collection("h", DataType.HASH), hashField("h", "new", "2")));
    assertThat(fixture.rows(HASHES)).containsExactly("h|new");
    assertThat(fixture.rows(KEYS)).containsExactly("h|hash");
  }

  // ---- Expiries

  @Test
  void shouldDeleteACollectionThatExpiredBetweenTwoAttempts() {
    fixture.apply(load());
    fixture.apply(
        delta(EPOCH, 100, 200, true, collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.beginAgainFrom(100);
    fixture.apply(
        delta(
            EPOCH,
            100,
            300,
            true,
            collection("h", DataType.HASH, inSeconds(-120)),
            hashField("h", "a", "1")));
    fixture.apply(delta(300, deleted("h")));
    assertThat(fixture.rows(HASHES)).isEmpty();
    assertThat(fixture.rows(KEYS)).isEmpty();
  }

  @Test
  void shouldDeleteACollectionThatExpiredBetweenTwoAttemptsAtALoad() {
    fixture.apply(
        part(
            Cursor.NOTHING,
            loading("h"),
            false,
            collection("h", DataType.HASH),
            hashField("h", "a", "1")));
    fixture.begin();
    fixture.apply(
        part(
            Cursor.NOTHING,
            loading("h"),
            false,
            collection("h", DataType.HASH, inSeconds(-120)),
            hashField("h", "a", "1")));
    fixture.apply(part(loading("h"), at(100), false));
    fixture.apply(delta(100, deleted("h")));
    assertThat(fixture.rows(HASHES)).isEmpty();
    assertThat(fixture.rows(KEYS)).isEmpty();
  }

  @Test
  void shouldNotTakeALongerLifeForGivenThatNoRowHasGot() {
    fixture.apply(load(collection("h", DataType.HASH, inSeconds(30)), hashField("h", "a", "1")));
    var longer = delta(100, expiry("h", DataType.HASH, inSeconds(3_600)));
    var calls = new AtomicInteger();
    fixture.begin(
        EPOCH,
        "",
        () -> {
          if (calls.incrementAndGet() == 2) {
            throw new IllegalStateException("killed before the rows were written again");
          }
          return nowMs;
        });
    assertThatThrownBy(() -> fixture.apply(longer)).hasMessageContaining("killed");
    fixture.begin(EPOCH, "", () -> inSeconds(300));
    assertLoadedAgain(longer);
  }

  @Test
  void shouldNotReviveWhatMayBeGoneByThen() {
    fixture.apply(load(collection("h", DataType.HASH, inSeconds(30)), hashField("h", "a", "1")));
    var calls = new AtomicInteger();
    fixture.begin(EPOCH, "", () -> calls.incrementAndGet() == 1 ? nowMs : inSeconds(100));
    assertLoadedAgain(delta(100, expiry("h", DataType.HASH, inSeconds(3_600))));
  }

  @Test
  void shouldNotTrustALongerLifeThatAnEarlierAttemptMayHaveCutShort() {
    fixture.apply(load());
    fixture.apply(
        delta(
            EPOCH,
            100,
            200,
            false,
            collection("h", DataType.HASH, inSeconds(30)),
            hashField("h", "a", "1")));
    fixture.beginAgainFrom(100);
    // The same timestamps without an expiry: in Cassandra, what expires wins.
    fixture.apply(
        delta(EPOCH, 100, 200, false, collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.begin(EPOCH, "", () -> inSeconds(300));
    assertLoadedAgain(delta(200, expiry("h", DataType.HASH, 0)));
  }

  private void assertLoadedAgain(io.replicator.replication.Batch change) {
    assertThatThrownBy(() -> fixture.apply(change))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("before its longer life");
    fixture.reopen(EPOCH);
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
  }

  @Test
  void shouldNotTrustItInTheSameProcess() {
    fixture.apply(load());
    fixture.apply(
        delta(
            EPOCH,
            100,
            200,
            false,
            collection("h", DataType.HASH, inSeconds(30)),
            hashField("h", "a", "1")));
    fixture.beginAgainFrom(100);
    var calls = new AtomicInteger();
    fixture.begin(EPOCH, "", () -> calls.get() == 0 ? nowMs : inSeconds(300));
    fixture.apply(
        delta(EPOCH, 100, 200, false, collection("h", DataType.HASH), hashField("h", "a", "1")));
    calls.set(1);
    assertLoadedAgain(delta(200, expiry("h", DataType.HASH, 0)));
  }

  @Test
  void shouldListAReplacedCollectionWithoutTheExpiryOfTheOneBefore() {
    fixture.apply(load());
    fixture.apply(
        delta(
            EPOCH,
            100,
            200,
            false,
            collection("h", DataType.HASH, inSeconds(3_600)),
            hashField("h", "a", "1")));
    fixture.beginAgainFrom(100);
    fixture.apply(
        delta(EPOCH, 100, 200, false, collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.apply(delta(200, collection("h", DataType.HASH), hashField("h", "b", "1")));
    assertThat(fixture.rows("SELECT TTL(version), expires_ms FROM keys")).containsExactly("null|0");
  }

  // ---- The directory

  @Test
  void shouldNotForgetAmidAGroupWhereAKeyIs() {
    fixture.begin(EPOCH, "", () -> nowMs, 4);
    fixture.apply(load(collection("h", DataType.HASH), hashField("h", "a", "1")));
    VersionedRecord[] records = new VersionedRecord[9];
    for (int i = 0; i < 8; i++) {
      records[i] = string("s" + i, "v");
    }
    records[8] = hashField("h", "b", "2");
    fixture.apply(delta(100, records));
    assertThat(fixture.rows(HASHES)).containsExactly("h|a", "h|b");
  }

  @Test
  void shouldListAKeyAnewThatAnEarlierAttemptMayStillBeTakingOut() {
    fixture.apply(load(string("k", "1")));
    fixture.apply(delta(100, collection("k", DataType.HASH), hashField("k", "a", "1")));
    fixture.apply(delta(102, string("k", "2")));
    // As if the withdrawal of the hash's entry had not arrived yet.
    fixture.cql.execute(
        "INSERT INTO "
            + fixture.keyspace
            + ".keys (database, bucket, key, type, expires_ms, version) VALUES ("
            + fixture.database
            + ", "
            + Statements.directoryBucket(io.replicator.replication.Bytes.utf8("k"))
            + ", 'k', 'hash', 0, 101)");
    fixture.begin();
    fixture.apply(delta(103, string("k", "3")));
    assertThat(
            fixture.rows(
                "SELECT version FROM keys WHERE database = 0 AND type = 'string' ALLOW FILTERING"))
        .containsExactly("104");
  }
}
