package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code replicator verify} against a real Cassandra, as users run it. */
@ExtendWith(SharedCassandra.class)
class CassandraVerifyIT {
  private static final String STRING =
      "INSERT INTO verify_command_it.strings (database, key, value, bytes) VALUES (3, ?, ?, 0x)";

  private static RedisProcess redis;
  private String place;

  @BeforeAll
  static void begin(CassandraServer server) throws Exception {
    redis = RedisProcess.start();
    try (RedisClient client = RedisClient.create(redis.uri());
        StatefulRedisConnection<String, String> connection = client.connect()) {
      connection.sync().set("k", "v");
    }
    CommandRun schema =
        CommandRun.of("cassandra-schema", "--to", uri(server, "verify_command_it?replication=1"));
    try (CqlSession cql = session(server)) {
      for (String statement : schema.out().split(";\n", -1)) {
        if (!statement.isBlank()) {
          cql.execute(statement);
        }
      }
      cql.execute(
          "INSERT INTO verify_command_it.replicator_epochs (database, epoch, base, reserved)"
              + " VALUES (3, 'e', 0, 0)");
      cql.execute(STRING, "k", "v");
      // CRC-32 of "k" modulo 256.
      cql.execute(
          "INSERT INTO verify_command_it.keys (database, bucket, key, type, expires_ms, version)"
              + " VALUES (3, 93, 'k', 'string', 0, 1)");
    }
  }

  @AfterAll
  static void end() {
    redis.close();
  }

  @BeforeEach
  void name(CassandraServer server) {
    place = uri(server, "verify_command_it");
  }

  private static String uri(CassandraServer server, String keyspace) {
    return "cassandra://" + server.contactPoint() + "/" + keyspace;
  }

  private static CqlSession session(CassandraServer server) {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
        .withLocalDatacenter(CassandraServer.DATA_CENTER)
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                .withDuration(DefaultDriverOption.METADATA_SCHEMA_WINDOW, Duration.ofMillis(20))
                .build())
        .build();
  }

  private static CommandRun verify(String to) {
    return CommandRun.of("verify", "--from", redis.uri(), "--to", to);
  }

  @Test
  void shouldEndWithZeroWhenEqual() {
    CommandRun run = verify(place + "?database=3&timeout=10000");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("equal: 1 keys of ");
  }

  @Test
  void shouldEndWithOneAndNameWhatContradictsItself(CassandraServer server) {
    try (CqlSession cql = session(server)) {
      cql.execute(STRING, "unknown", "v");
      CommandRun run = verify(place + "?database=3&timeout=10000");
      cql.execute("DELETE FROM verify_command_it.strings WHERE database = 3 AND key = 'unknown'");

      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.out())
          .contains("unknown: rows in table strings of which the directory knows nothing at ")
          .contains("different: 1 of 2 keys");
    }
  }

  @Test
  void shouldEndWithOneAndOneLineThatSaysWhatIsNotThere(CassandraServer server) {
    assertFailed(verify(uri(server, "nowhere")), "/nowhere has nothing", "verify_command_it");
    assertFailed(verify(place + "?database=7"), "has no database 7", "[3]");
    assertFailed(verify(place), "has no database 0", "?database=");
    assertFailed(verify("cassandra://127.0.0.1:1/verify_command_it"), "no node answers");
  }

  private static void assertFailed(CommandRun run, String... named) {
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(named);
    assertThat(run.err().lines()).hasSize(1);
  }
}
