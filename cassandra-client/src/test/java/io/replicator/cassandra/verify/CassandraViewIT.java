package io.replicator.cassandra.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.CqlSession;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.Comparison;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows planted by CQL, right ones and every kind of wrong ones. */
@ExtendWith(SharedCassandra.class)
class CassandraViewIT {
  private static final long BEYOND_2038_MS = 4_102_444_800_000L;

  private static CqlSession cql;

  private PlantedDatabase planted;

  @BeforeAll
  static void connect(CassandraServer server) {
    cql = PlantedDatabase.connect(server);
  }

  @AfterAll
  static void disconnect() {
    cql.close();
  }

  @BeforeEach
  void begin(CassandraServer server) {
    planted = new PlantedDatabase(server, cql);
  }

  private static long inSeconds(int seconds) {
    return System.currentTimeMillis() + seconds * 1_000L;
  }

  // ---- Content

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "LARGE_.*")
  void shouldListAndReadEveryType(Table table) {
    planted.row(table, "k", 0).entry("k", table.directoryName());

    assertThat(planted.listed()).singleElement().asString().startsWith("k: " + table.type() + " ");
    assertThat("k: " + planted.read("k")).isEqualTo(planted.listed().get(0));
  }

  @Test
  void shouldFindManyKeysEqualWhateverElseIsInTheTables(CassandraServer server)
      throws InterruptedException {
    var expected = new KnownView();
    var other = new PlantedDatabase(server, cql);
    for (int i = 0; i < 2_500; i++) {
      planted.string("k" + i, "v" + i);
      expected.string("k" + i, "v" + i);
      other.string("k" + i, "other");
    }

    assertThat(planted.compared(expected))
        .containsOnly(new Comparison(2_500, 0, List.of()))
        .hasSize(2);
  }

  @Test
  void shouldNameWhatIsOnOneSideOnlyOrDiffers() throws InterruptedException {
    planted.string("same", "1").string("there", "1").string("other", "1");
    var expected = new KnownView().string("same", "1").string("here", "1").string("other", "2");

    for (Comparison comparison : planted.compared(expected)) {
      assertThat(comparison.differences()).isEqualTo(3);
      assertThat(comparison.keys()).isEqualTo(4);
      assertThat(comparison.examples())
          .anyMatch(text -> text.matches("there: a string at cassandra.*, absent at here"))
          .anyMatch(text -> text.matches("here: a string at here, absent at cassandra.*"))
          .anyMatch(text -> text.startsWith("other: a string with "));
    }
  }

  @Test
  void shouldCompareAHashOfManyFields() throws InterruptedException {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      planted.field("h", "f" + i, "v" + i);
      fields.put("f" + i, "v" + i);
    }
    planted.entry("h", "hash");

    assertThat(planted.compared(new KnownView().hash("h", fields)))
        .containsOnly(new Comparison(1, 0, List.of()));
    fields.put("f2999", "other");
    for (Comparison comparison : planted.compared(new KnownView().hash("h", fields))) {
      assertThat(comparison.examples())
          .singleElement()
          .asString()
          .startsWith("h: field f2999 is ")
          .contains("other", "v2999");
    }
  }

  @Test
  void shouldCompareALongString() throws InterruptedException {
    String text = "0123456789".repeat(20_000);
    planted.string("s", text);

    assertThat(planted.compared(new KnownView().string("s", text)))
        .containsOnly(new Comparison(1, 0, List.of()));
    assertThat(
            planted
                .compared(new KnownView().string("s", text.substring(1) + "x"))
                .get(0)
                .examples())
        .containsExactly("s: a large string differs after 0 bytes");
  }

  @Test
  void shouldCompareAHashThatIsSpreadOverPartitions() throws InterruptedException {
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i < 1_000; i++) {
      planted.largeField("h", "f" + i, "v" + i);
      fields.put("f" + i, "v" + i);
    }
    planted.largeField("small", "f", "v").entry("small", "large_hash");
    planted.entry("h", "large_hash");
    var expected = new KnownView().hash("h", fields).hash("small", Map.of("f", "v"));

    assertThat(planted.compared(expected)).containsOnly(new Comparison(2, 0, List.of()));
    planted.largeField("h", "f7", "other");
    for (Comparison comparison : planted.compared(expected)) {
      assertThat(comparison.examples()).singleElement().asString().startsWith("h: field f7 is ");
    }
  }

  @Test
  void shouldMergeAStreamThatIsSpreadOverPartitionsInOrder() throws InterruptedException {
    for (int i = 1; i <= 3_000; i++) {
      Bytes id = Bytes.wrap(ByteBuffer.allocate(16).putLong(i).putLong(0).array());
      planted.cql.execute(
          "INSERT INTO large_streams (database, key, bucket, ms, seq, fields, bytes)"
              + " VALUES (?, 'st', ?, "
              + i
              + ", 0, ['n', 'v"
              + i
              + "'], [])",
          planted.database,
          Names.bucket(id, Schema.LARGE_BUCKETS));
    }
    planted.entry("st", "large_stream");

    assertThat(planted.compared(new KnownView().stream("st", 3_000)))
        .containsOnly(new Comparison(1, 0, List.of()));
    assertThat(planted.compared(new KnownView().stream("st", 2_999)).get(0).examples())
        .containsExactly("st: a stream of 2999 entries against 3000");
  }

  // ---- The directory against the tables

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "LARGE_.*")
  void shouldNameRowsWithoutAnEntry(Table table) {
    planted.row(table, "k", 0).string("fine", "v");

    assertThat(planted.listed())
        .containsExactlyInAnyOrder(
            "fine: STRING 1",
            "k: rows in table " + table.tableName() + " of which the directory knows nothing");
  }

  @Test
  void shouldCountAContradictionAsADifference() throws InterruptedException {
    planted.row(Table.STRINGS, "k", 0);

    for (Comparison comparison : planted.compared(new KnownView().string("k", "v"))) {
      assertThat(comparison.differences()).isEqualTo(1);
      assertThat(comparison.examples().get(0))
          .startsWith("k: rows in table strings of which the directory knows nothing at cassandra");
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldNameAnEntryWithoutRows(Table table) {
    planted.entry("k", table.directoryName()).string("fine", "v");

    String flaw =
        "the directory says "
            + table.directoryName()
            + ", and table "
            + table.tableName()
            + " has no row of it";
    assertThat(planted.listed()).containsExactlyInAnyOrder("fine: STRING 1", "k: " + flaw);
    assertThat(planted.read("k")).isEqualTo(flaw);
  }

  @Test
  void shouldNotMissRowsOfAKeyThatHasExpired() {
    planted.entry("over", "string", inSeconds(-5), 60);
    planted.entry("ending", "string", inSeconds(3), 60);

    assertThat(planted.listed()).isEmpty();
    assertThat(planted.read("over")).isEqualTo("absent");
    assertThat(planted.read("ending")).isEqualTo("absent");
  }

  @Test
  void shouldNameAKeyThatIsOfTwoTypes() {
    planted.string("k", "v").row(Table.HASHES, "k", 0).entry("k", "hash");

    String flaw = "the directory says that it is of several types at once: [hash, string]";
    assertThat(planted.listed()).containsExactly("k: " + flaw);
    assertThat(planted.read("k")).isEqualTo(flaw);
  }

  @Test
  void shouldNameRowsInATableWhereAKeyDoesNotBelong() {
    planted.string("k", "v").row(Table.HASHES, "k", 0);

    assertThat(planted.listed())
        .containsExactlyInAnyOrder(
            "k: STRING 1", "k: rows in table hashes of which the directory knows nothing");
  }

  @Test
  void shouldNameAnEntryInTheWrongBucket() {
    int right = Names.bucket(Bytes.utf8("k"), Schema.DIRECTORY_BUCKETS);
    int wrong = (right + 1) % Schema.DIRECTORY_BUCKETS;
    planted.string("k", "v").entry(wrong, "k", "string", 0, 0);

    assertThat(planted.listed())
        .containsExactlyInAnyOrder(
            "k: STRING 1",
            "k: its entry in the directory is in bucket "
                + wrong
                + ", where nobody looks for it ("
                + right
                + " is its)");
  }

  // ---- Large tables

  @Test
  void shouldNameAFieldInTheWrongBucket() {
    int right = Names.bucket(Bytes.utf8("f"), Schema.LARGE_BUCKETS);
    int wrong = (right + 1) % Schema.LARGE_BUCKETS;
    planted.largeField("h", "g", "v").largeField(wrong, "h", "f", "v").entry("h", "large_hash");

    String flaw =
        "field f is in bucket "
            + wrong
            + ", where nobody looks for it ("
            + right
            + " of 64 is its)";
    assertThat(planted.listed()).containsExactly("h: " + flaw);
    assertThat(planted.read("h")).isEqualTo(flaw);
  }

  @Test
  void shouldNameUnknownRowsInSeveralBucketsOnce() {
    for (int i = 0; i < 50; i++) {
      planted.largeField("h", "f" + i, "v");
    }

    assertThat(planted.listed())
        .containsExactly("h: rows in table large_hashes of which the directory knows nothing");
  }

  // ---- Lives

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.MATCH_NONE,
      names = {"LARGE_.*", "SETS"})
  void shouldNameARowThatVanishesBeforeItsKey(Table table) {
    planted.row(table, "k", 1_000).entry("k", table.directoryName(), inSeconds(2_000), 2_070);

    assertThat(planted.listed())
        .singleElement()
        .asString()
        .matches("k: a row vanishes at .*Z, its key expires at .*Z");
    assertThat(planted.read("k")).startsWith("a row vanishes at ");
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.MATCH_NONE,
      names = {"LARGE_.*", "SETS"})
  void shouldNameARowThatVanishesAlthoughItsKeyNeverDoes(Table table) {
    planted.row(table, "k", 1_000).entry("k", table.directoryName());

    assertThat(planted.listed())
        .singleElement()
        .asString()
        .matches("k: a row vanishes at .*Z although the key never expires");
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.MATCH_NONE,
      names = {"LARGE_.*", "SETS"})
  void shouldNameARowThatLivesForEverAlthoughItsKeyExpires(Table table) {
    planted.row(table, "k", 0).entry("k", table.directoryName(), inSeconds(1_000), 1_070);

    assertThat(planted.listed())
        .singleElement()
        .asString()
        .matches("k: a row lives for ever although the key expires at .*Z");
  }

  @Test
  void shouldNameARowThatLivesLongAfterItsKey() {
    planted.row(Table.HASHES, "h", 90_000).entry("h", "hash", inSeconds(1_000), 1_070);

    assertThat(planted.listed())
        .singleElement()
        .asString()
        .matches("h: a row lives until .*Z, its key expires at .*Z");
  }

  @Test
  void shouldNameOneRowOfManyThatVanishes() {
    planted.field("h", "a", "1").field("h", "b", "2").entry("h", "hash");
    planted.cql.execute(
        "INSERT INTO hashes (database, key, field, value, bytes)"
            + " VALUES (?, 'h', 'c', '3', 0x) USING TTL 1000",
        planted.database);

    assertThat(planted.listed()).singleElement().asString().startsWith("h: a row vanishes at ");
  }

  @Test
  void shouldNameAnEntryThatVanishesBeforeItsKey() {
    planted.row(Table.SETS, "set", 0).entry("set", "set", 0, 1_000);
    planted.row(Table.STRINGS, "s", 2_000).entry("s", "string", inSeconds(2_000), 1_000);

    assertThat(planted.listed())
        .hasSize(2)
        .anyMatch(text -> text.startsWith("set: its entry in the directory vanishes at "))
        .anyMatch(text -> text.startsWith("s: its entry in the directory vanishes at "));
  }

  @Test
  void shouldFindNothingWrongWithLivesAsAClientWritesThem() {
    planted.row(Table.STRINGS, "s", 1_000).entry("s", "string", inSeconds(1_000), 1_070);
    planted.row(Table.HASHES, "h", 1_060).entry("h", "hash", inSeconds(1_000), 1_070);
    planted.row(Table.HASHES, "far", 0).entry("far", "hash", BEYOND_2038_MS, 0);

    assertThat(planted.listed())
        .containsExactlyInAnyOrder("s: STRING 1", "h: HASH 1", "far: HASH 1");
  }

  // ---- What is not there

  @Test
  void shouldSayWhereReplicatedDataIsWhenThereIsNone() {
    assertThatThrownBy(
            () -> PlantedDatabase.join(CassandraView.open(planted.target("nothing_there", 0))))
        .hasRootCauseInstanceOf(CassandraFailedException.class)
        .rootCause()
        .hasMessageContaining("/nothing_there has nothing")
        .hasMessageContaining(PlantedDatabase.KEYSPACE);
  }

  @Test
  void shouldSayWhichTablesAreMissing() {
    planted.cql.execute(
        "CREATE KEYSPACE IF NOT EXISTS half_there WITH replication ="
            + " {'class': 'SimpleStrategy', 'replication_factor': 1}");
    planted.cql.execute("CREATE TABLE IF NOT EXISTS half_there.keys (a int PRIMARY KEY)");

    assertThatThrownBy(
            () -> PlantedDatabase.join(CassandraView.open(planted.target("half_there", 0))))
        .rootCause()
        .hasMessageContaining("lacks tables [hashes, ")
        .hasMessageNotContaining("keys");
  }

  @Test
  void shouldSayWhichDatabasesThereAre() {
    CassandraTarget wrong = planted.target(PlantedDatabase.KEYSPACE, planted.database + 5_000);

    assertThatThrownBy(() -> PlantedDatabase.join(CassandraView.open(wrong)))
        .rootCause()
        .hasMessageContaining("has no database " + (planted.database + 5_000))
        .hasMessageContaining(" " + planted.database);
  }
}
