package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.cassandra.CassandraServer;
import io.replicator.testkit.cassandra.SharedCassandra;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client into Cassandra, and Cassandra itself, are killed, stand still and answer late. */
@ExtendWith(SharedCassandra.class)
class CassandraFaultsIT {
  private static final AtomicInteger NUMBERS = new AtomicInteger(200);
  private static final int KEYS = 2_000;
  private static final int COMMANDS_PER_SECOND = 400;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final int database = NUMBERS.incrementAndGet();
  private CassandraServer cassandra;
  private Site site;
  private RedisProcess source;
  private CommandProcess hub;
  private CommandProcess client;

  @BeforeEach
  void setUp(CassandraServer server) throws Exception {
    System.out.println("seed " + seed);
    cassandra = server;
    site = new Site("0");
    source = site.redis();
    RedisCommands<String, String> commands = site.commands(source, 0);
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      values.put("filled:" + i, "value " + i);
    }
    commands.mset(values);
    hub = site.hub(source);
  }

  @AfterEach
  void tearDown() throws Exception {
    site.close();
  }

  private String uri(String options) {
    return uri("faults_it", options);
  }

  private String uri(String keyspace, String options) {
    return "cassandra://" + cassandra.contactPoint() + "/" + keyspace + options;
  }

  private CommandProcess client(String options) {
    return site.clientOf(site.hubPort(), uri(options), "--subscribe", "0=" + database);
  }

  private void awaitEqual() {
    awaitEqual("faults_it");
  }

  private void awaitEqual(String keyspace) {
    Site.awaitEqual(source, uri(keyspace, "?timeout=10000&database=" + database));
  }

  /** Somebody else who may do everything. */
  private CqlSession somebody() {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), cassandra.port()))
        .withLocalDatacenter(CassandraServer.DATA_CENTER)
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                .withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false)
                .build())
        .build();
  }

  /** Warnings of the client. */
  private List<String> said(String text) {
    return client
        .err()
        .lines()
        .filter(line -> line.contains(" WARN ") && line.contains(text))
        .toList();
  }

  private static void awaitWritten(Writer writer, int more) {
    long from = writer.written();
    Awaitility.await("writes")
        .atMost(Site.PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> writer.written() > from + more);
  }

  @Test
  void shouldEqualTheSourceAfterTheClientWasKilledFiveTimesUnderLoad() {
    try (var writer = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 100)) {
      client = client("");
      for (int i = 0; i < 5; i++) {
        // The first is in its load, at the schema or not even there.
        LockSupport.parkNanos(Duration.ofMillis(2_000 + random.nextInt(6_000)).toNanos());
        client.kill();
        client = client("");
        awaitWritten(writer, 100);
      }
      site.awaitLive(1);
    }
    awaitEqual();
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldEqualTheSourceAfterCassandraWasAway() {
    client = client("");
    site.awaitLive(1);
    try (var writer = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 100)) {
      awaitWritten(writer, 200);
      cassandra.kill();
      LockSupport.parkNanos(Duration.ofSeconds(20).toNanos());
      cassandra.restart();
      awaitWritten(writer, 200);
    }
    awaitEqual();
    assertThat(said("no node answers"))
        .as("said when an apply fails, and when connecting does, not at each attempt")
        .hasSizeBetween(1, 4);
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldEqualTheSourceAfterRequestsTimedOut() {
    client = client("?timeout=1000");
    site.awaitLive(1);
    try (var writer = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 100)) {
      for (int i = 0; i < 3; i++) {
        awaitWritten(writer, 200);
        Signals.send("STOP", cassandra.pid());
        LockSupport.parkNanos(Duration.ofSeconds(4).toNanos());
        Signals.send("CONT", cassandra.pid());
      }
      awaitWritten(writer, 200);
    }
    awaitEqual();
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldMendWhatSomebodyDoesToItsTablesUnderLoad() {
    client = site.clientOf(site.hubPort(), uri("altered_it", ""), "--subscribe", "0=" + database);
    site.awaitLive(1);
    try (CqlSession somebody = somebody();
        var writer = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 100)) {
      awaitWritten(writer, 100);
      somebody.execute("DROP TABLE altered_it.hashes");
      client.awaitLog("tables of " + uri("altered_it", "") + " were made anew");
      site.awaitLive(1);
      awaitWritten(writer, 100);

      somebody.execute("ALTER TABLE altered_it.strings DROP bytes");
      client.awaitLog("has no column bytes");
      somebody.execute("ALTER TABLE altered_it.strings ADD bytes blob");
      client.awaitLog("was dropped and added again");
      somebody.execute("DROP TABLE altered_it.strings");
      site.awaitLive(1);
      awaitWritten(writer, 100);

      somebody.execute("DROP KEYSPACE altered_it");
      String created = "created " + uri("altered_it", "") + ", ";
      Awaitility.await("the keyspace made a second time")
          .atMost(Site.PATIENCE)
          .until(() -> client.err().lines().filter(line -> line.contains(created)).count() == 2);
      awaitWritten(writer, 100);
    }
    awaitEqual("altered_it");
    assertThat(said("were made anew"))
        .as("two tables; a keyspace takes its cursors along")
        .hasSize(2);
    assertThat(said("has no column bytes")).hasSize(1);
    assertThat(said("was dropped and added again")).hasSize(1);
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldRemoveWhatVanishedWhileTheHubForgotEverything() throws Exception {
    client = client("");
    site.awaitLive(1);
    awaitEqual();
    hub.kill();
    RedisCommands<String, String> commands = site.commands(source, 0);
    commands.del("filled:1", "filled:2");
    commands.hset("filled:3x", "now", "a hash");
    commands.del("filled:4");
    commands.sadd("filled:4", "another", "type");
    site.forgetStore();
    hub = site.hub(source);
    site.awaitLive(1);
    awaitEqual();
  }

  @Test
  void shouldEndRightWithTwoClientsAndBothSaySo() {
    client = client("");
    CommandProcess other = client("");
    site.awaitLive(2);
    try (var writer = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 100)) {
      awaitWritten(writer, 500);
      client.awaitLog("another client");
      other.awaitLog("another client");
    }
    awaitEqual();
    other.kill();
    site.commands(source, 0).set("after", "both");
    awaitEqual();
  }

  @Test
  void shouldTellWhatTheSinkDoes() {
    int port = Site.freePort();
    client =
        site.clientOf(
            site.hubPort(), uri(""), "--subscribe", "0=" + database, "--http", "127.0.0.1:" + port);
    site.awaitLive(1);
    CommandProcess status = site.command("status", "--client", "--http", "127.0.0.1:" + port);
    assertThat(status.awaitExit(Duration.ofMinutes(1))).isZero();
    assertThat(status.out())
        .startsWith("live: 127.0.0.1:")
        .containsPattern("cassandra\\.rows +2,000")
        .containsPattern("cassandra\\.nodes +1");
    assertThat(Site.text("http://127.0.0.1:" + port + "/metrics"))
        .contains("replicator_cassandra_rows_total 2000.0")
        .contains("replicator_cassandra_limit");
  }

  @Test
  void shouldEndWithOnceWhenAllIsThere() {
    CommandProcess once =
        site.clientOf(site.hubPort(), uri(""), "--subscribe", "0=" + database, "--once");
    assertThat(once.awaitExit(Duration.ofMinutes(2))).isZero();
    awaitEqual();
    CommandProcess verify =
        site.command("verify", "--from", source.uri(), "--to", uri("?database=" + database));
    assertThat(verify.awaitExit(Duration.ofMinutes(1))).isZero();
    assertThat(verify.out()).startsWith("equal: 2,000 keys");
    site.commands(source, 0).set("filled:7", "changed");
    CommandProcess different =
        site.command("verify", "--from", source.uri(), "--to", uri("?database=" + database));
    assertThat(different.awaitExit(Duration.ofMinutes(1))).isOne();
    assertThat(different.out()).contains("filled:7").contains("value 7");
  }
}
