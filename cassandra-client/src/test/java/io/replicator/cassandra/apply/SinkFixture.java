package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.protocol.internal.util.Bytes;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import io.replicator.testkit.cassandra.CassandraServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A database of its own in a keyspace that tests share, since making one takes seconds; somebody
 * who looks at it, and sinks that come and go.
 */
final class SinkFixture implements AutoCloseable {
  static final Feed FEED = feed("0", "all", KeyFilter.ALL);
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  final String keyspace;
  final int database = NUMBERS.incrementAndGet();
  final CqlSession cql;
  private final String uri;
  private final List<CassandraSink> sinks = new ArrayList<>();
  CassandraSink sink;

  SinkFixture(CassandraServer server, String keyspace) {
    this.keyspace = keyspace;
    uri = "cassandra://" + server.contactPoint() + "/" + keyspace + "?timeout=10000";
    cql =
        CqlSession.builder()
            .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
            .withLocalDatacenter(CassandraServer.DATA_CENTER)
            .withConfigLoader(
                DriverConfigLoader.programmaticBuilder()
                    .withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false)
                    .withInt(DefaultDriverOption.NETTY_IO_SHUTDOWN_QUIET_PERIOD, 0)
                    // Not 0, see CassandraLink.
                    .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_QUIET_PERIOD, 100)
                    .withInt(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_TIMEOUT, 5_000)
                    .withString(DefaultDriverOption.NETTY_ADMIN_SHUTDOWN_UNIT, "MILLISECONDS")
                    .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                    .build())
            .build();
  }

  static Feed feed(String database, String fingerprint, KeyFilter filter) {
    return new Feed(1, new FeedKey(database, fingerprint), QosLevel.REALTIME, filter);
  }

  CassandraTarget target(String options) {
    return CassandraTarget.parse(uri + options);
  }

  /** A new process: nothing is known but what the target holds. */
  SinkFixture begin() {
    return begin(Batches.EPOCH, "");
  }

  SinkFixture begin(Epoch epoch, String options) {
    return begin(epoch, options, System::currentTimeMillis);
  }

  SinkFixture begin(Epoch epoch, String options, LongSupplier clockMs) {
    return begin(epoch, options, clockMs, 1 << 10);
  }

  SinkFixture begin(Epoch epoch, String options, LongSupplier clockMs, int knownKeys) {
    sink =
        new CassandraSink(
            target(options), Map.of("0", database), (feed, batches) -> {}, clockMs, knownKeys);
    sinks.add(sink);
    reopen(epoch);
    return this;
  }

  /** A client that is killed before it has stored its cursor, and started again. */
  SinkFixture beginAgainFrom(long version) {
    cql.execute(
        "UPDATE "
            + keyspace
            + ".replicator_cursors SET version = "
            + version
            + " WHERE database = "
            + database
            + " AND feed = '0/all'");
    return begin();
  }

  /** As a client does for each session. */
  void reopen(Epoch epoch) {
    await(sink.connect());
    await(sink.open(new HubIdentity("hub", epoch, List.of()), List.of(FEED)));
  }

  BatchSink.Applied apply(Batch... batches) {
    return apply(sink, batches);
  }

  static BatchSink.Applied apply(CassandraSink sink, Batch... batches) {
    return await(sink.apply(FEED, List.of(batches)));
  }

  Cursor cursor() {
    return await(sink.cursors()).getOrDefault(FEED.key(), Cursor.NOTHING);
  }

  /** Rows as text, in the order of the answer. */
  List<String> rows(String select) {
    String ours =
        select.contains("database = 0")
            ? select.replace("database = 0", "database = " + database)
            : select + " WHERE database = " + database + " ALLOW FILTERING";
    ResultSet rows = cql.execute(ours.replace("FROM ", "FROM " + keyspace + "."));
    List<String> texts = new ArrayList<>();
    for (Row row : rows) {
      List<String> columns = new ArrayList<>();
      for (int i = 0; i < row.size(); i++) {
        Object value = row.getObject(i);
        columns.add(
            value instanceof ByteBuffer bytes ? Bytes.toHexString(bytes) : String.valueOf(value));
      }
      texts.add(String.join("|", columns));
    }
    return texts;
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    sinks.forEach(opened -> await(opened.close()));
    cql.close();
  }
}
