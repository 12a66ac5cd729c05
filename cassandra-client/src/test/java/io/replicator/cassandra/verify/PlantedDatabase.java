package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import io.replicator.cassandra.apply.CassandraSink;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import io.replicator.streams.verify.KeyImage;
import io.replicator.streams.verify.KeyspaceComparison;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.Listing;
import io.replicator.testkit.cassandra.CassandraServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A database of its own in a keyspace that tests share, whose rows are written by CQL: right ones
 * and wrong ones.
 */
final class PlantedDatabase {
  static final String KEYSPACE = "view_it";
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  final int database = NUMBERS.incrementAndGet();
  private final CassandraServer server;
  final CqlSession cql;

  /**
   * @param cql as {@link #connect} made it
   */
  PlantedDatabase(CassandraServer server, CqlSession cql) {
    this.server = server;
    this.cql = cql;
    cql.execute(
        "INSERT INTO replicator_epochs (database, epoch, base, reserved) VALUES (?, 'e', 0, 0)",
        database);
  }

  /** Makes the tables. Sessions take long to end: one for all tests. */
  static CqlSession connect(CassandraServer server) {
    var tables = new CassandraSink(target(server, KEYSPACE, 0), Map.of());
    join(tables.connect());
    join(tables.close());
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
        .withLocalDatacenter(CassandraServer.DATA_CENTER)
        .withKeyspace(KEYSPACE)
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false)
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                .build())
        .build();
  }

  CassandraTarget target() {
    return target(KEYSPACE, database);
  }

  CassandraTarget target(String keyspace, int number) {
    return target(server, keyspace, number);
  }

  private static CassandraTarget target(CassandraServer server, String keyspace, int number) {
    return CassandraTarget.parse(
        "cassandra://"
            + server.contactPoint()
            + "/"
            + keyspace
            + "?timeout=10000&database="
            + number);
  }

  // ---- Writing

  /** An entry of the directory, where it belongs. */
  PlantedDatabase entry(String key, String type) {
    return entry(key, type, 0, 0);
  }

  /**
   * @param ttl seconds, 0 for ever
   */
  PlantedDatabase entry(String key, String type, long expiresAtMs, int ttl) {
    return entry(
        Names.bucket(Bytes.utf8(key), Schema.DIRECTORY_BUCKETS), key, type, expiresAtMs, ttl);
  }

  PlantedDatabase entry(int bucket, String key, String type, long expiresAtMs, int ttl) {
    cql.execute(
        "INSERT INTO keys (database, bucket, key, type, expires_ms, version)"
            + " VALUES (?, ?, ?, ?, ?, 1) USING TTL ?",
        database,
        bucket,
        key,
        type,
        expiresAtMs,
        ttl);
    return this;
  }

  /** A row of any table, as small as can be. */
  PlantedDatabase row(Table table, String key, int ttl) {
    String columns = String.join(", ", table.rowColumns());
    String values = String.join(", ", table.valueColumns());
    String literals =
        switch (table) {
          case STRINGS -> "'v', 0x";
          case OPAQUES -> "0x0102030405060708090a0b";
          case LISTS -> "['a', 'b'], []";
          case HASHES -> "'f', 'v', 0x";
          case SETS -> "'m'";
          case ZSETS -> "'m', 1.5";
          case STREAMS -> "5, 0, ['n', 'v'], []";
          default -> throw new IllegalArgumentException("has buckets: " + table);
        };
    cql.execute(
        "INSERT INTO "
            + table.tableName()
            + " (database, key"
            + (columns.isEmpty() ? "" : ", " + columns)
            + (values.isEmpty() ? "" : ", " + values)
            + ") VALUES (?, ?, "
            + literals
            + ") USING TTL ?",
        database,
        key,
        ttl);
    return this;
  }

  PlantedDatabase string(String key, String value) {
    cql.execute(
        "INSERT INTO strings (database, key, value, bytes) VALUES (?, ?, ?, 0x)",
        database,
        key,
        value);
    return entry(key, "string");
  }

  PlantedDatabase field(String key, String field, String value) {
    cql.execute(
        "INSERT INTO hashes (database, key, field, value, bytes) VALUES (?, ?, ?, ?, 0x)",
        database,
        key,
        field,
        value);
    return this;
  }

  /** A field of a hash declared large, in the bucket where it belongs. */
  PlantedDatabase largeField(String key, String field, String value) {
    return largeField(Names.bucket(Bytes.utf8(field), Schema.LARGE_BUCKETS), key, field, value);
  }

  PlantedDatabase largeField(int bucket, String key, String field, String value) {
    cql.execute(
        "INSERT INTO large_hashes (database, key, bucket, field, value, bytes)"
            + " VALUES (?, ?, ?, ?, ?, 0x)",
        database,
        key,
        bucket,
        field,
        value);
    return this;
  }

  // ---- Looking

  KeyspaceView view() {
    return join(CassandraView.open(target()));
  }

  /** Everything that a listing brings, as {@code key: flaw} or {@code key: type size}. */
  List<String> listed() {
    List<String> texts = new ArrayList<>();
    try (KeyspaceView view = view();
        Listing listing = view.list()) {
      for (Listing.Keys page; (page = join(listing.next())) != null; ) {
        for (int i = 0; i < page.keys().size(); i++) {
          texts.add(page.keys().get(i) + ": " + text(page.images().get(i)));
        }
      }
    }
    return texts;
  }

  /** The same of one key, asked for. */
  String read(String key) {
    try (KeyspaceView view = view()) {
      return text(join(view.read(List.of(Bytes.utf8(key)))).get(0));
    }
  }

  private static String text(KeyImage image) {
    if (image == null) {
      return "absent";
    }
    return image.flaw() != null ? image.flaw() : image.type() + " " + image.size();
  }

  /** From {@code expected} to this, and the other way round. */
  List<Comparison> compared(KeyspaceView expected) throws InterruptedException {
    try (KeyspaceView view = view()) {
      return List.of(
          new KeyspaceComparison(expected, view, ComparisonSettings.DEFAULT, (d, t) -> {}).run(),
          new KeyspaceComparison(view, expected, ComparisonSettings.DEFAULT, (d, t) -> {}).run());
    }
  }

  static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
