package io.replicator.cassandra.apply;

import static io.replicator.cassandra.apply.Batches.collection;
import static io.replicator.cassandra.apply.Batches.delta;
import static io.replicator.cassandra.apply.Batches.hashField;
import static io.replicator.cassandra.apply.Batches.load;
import static io.replicator.cassandra.apply.Batches.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A schema that is not as it should be, and settings that do not fit. */
@ExtendWith(SharedCassandra.class)
class TargetTroubleIT {
  private SinkFixture fixture;

  @BeforeEach
  void begin(CassandraServer server) {
    fixture = new SinkFixture(server, "trouble_it");
  }

  @AfterEach
  void end() {
    fixture.close();
  }

  @Test
  void shouldLoadAgainAfterATableWasDropped() {
    fixture.begin();
    fixture.apply(load(string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.cql.execute("DROP TABLE trouble_it.hashes");
    assertThatThrownBy(() -> fixture.apply(delta(100, hashField("h", "a", "2"))))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("hashes");
    fixture.reopen(Batches.EPOCH);
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
    fixture.apply(load(string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "2")));
    assertThat(fixture.rows("SELECT field, value FROM hashes")).containsExactly("a|2");
  }

  @Test
  void shouldSayWhichColumnIsWrongUntilTheTableIsMadeAnew() {
    fixture.begin();
    fixture.apply(load(string("s", "1")));
    fixture.cql.execute("ALTER TABLE trouble_it.strings DROP bytes");
    assertThatThrownBy(() -> fixture.reopen(Batches.EPOCH))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("table strings of")
        .hasMessageContaining("no column bytes")
        .hasMessageContaining("drop the table");
    // As if nothing had been: but what was in it is lost, and what comes would be.
    fixture.cql.execute("ALTER TABLE trouble_it.strings ADD bytes blob");
    assertThatThrownBy(() -> fixture.reopen(Batches.EPOCH))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("column bytes of table strings of")
        .hasMessageContaining("was dropped and added again");
    fixture.cql.execute("DROP TABLE trouble_it.strings");
    fixture.reopen(Batches.EPOCH);
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
    fixture.apply(load(string("s", "1")));
    assertThat(fixture.rows("SELECT key, value, bytes FROM strings")).containsExactly("s|1|0x");
  }

  @Test
  void shouldNotGoOnWithoutTheTableThatListsTheOthers(CassandraServer server) {
    try (var own = new SinkFixture(server, "without_keys")) {
      own.begin();
      own.cql.execute("DROP TABLE without_keys.keys");
      assertThatThrownBy(() -> own.reopen(Batches.EPOCH))
          .isInstanceOf(CassandraFailedException.class)
          .hasMessageContaining("table keys of")
          .hasMessageContaining("drop the others");
      own.cql.execute("DROP KEYSPACE without_keys");
      own.reopen(Batches.EPOCH);
      own.apply(load(string("s", "1")));
      assertThat(own.rows("SELECT key, value FROM strings")).containsExactly("s|1");
    }
  }

  @Test
  void shouldLoadAgainWhatWasTruncatedWhenTheEpochIsForgotten() {
    fixture.begin();
    fixture.apply(load(string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "1")));
    fixture.cql.execute("TRUNCATE trouble_it.hashes");
    // Nothing tells of it: the tables are the same.
    fixture.reopen(Batches.EPOCH);
    assertThat(fixture.cursor()).isEqualTo(Batches.at(100));
    fixture.cql.execute(
        "DELETE FROM trouble_it.replicator_epochs WHERE database = " + fixture.database);
    fixture.begin();
    assertThat(fixture.cursor()).isEqualTo(Cursor.NOTHING);
    fixture.apply(load(string("s", "1"), collection("h", DataType.HASH), hashField("h", "a", "1")));
    assertThat(fixture.rows("SELECT field, value FROM hashes")).containsExactly("a|1");
    assertThat(fixture.rows("SELECT key, value FROM strings")).containsExactly("s|1");
  }

  @Test
  void shouldCreateNothingWhereThatIsNotWanted(CassandraServer server) {
    try (var other = new SinkFixture(server, "not_there")) {
      assertThatThrownBy(() -> other.begin(Batches.EPOCH, "&create=off"))
          .isInstanceOf(CassandraFailedException.class)
          .hasMessageContaining("cassandra-schema");
    }
  }

  @Test
  void shouldSayThatADataCentreIsWrong() {
    assertThatThrownBy(() -> fixture.begin(Batches.EPOCH, "&dc=mars"))
        .isInstanceOf(CassandraFailedException.class)
        .hasMessageContaining("mars")
        .hasMessageContaining("datacenter1");
  }
}
