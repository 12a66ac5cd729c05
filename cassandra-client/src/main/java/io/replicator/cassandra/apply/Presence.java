package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that this client writes, and looks who else does: a row for each client in {@code
 * replicator_clients}, with a beat that grows, gone soon after the client. Two clients of one hub
 * on one target end right, since their timestamps are the same; but somebody should know.
 * Thread-safe.
 */
final class Presence {
  private static final Logger log = LoggerFactory.getLogger(Presence.class);

  static final Duration INTERVAL = Duration.ofSeconds(3);
  private static final int ROW_TTL_SECONDS = 15;

  private final String client = UUID.randomUUID().toString();
  private final String name = ManagementFactory.getRuntimeMXBean().getName();
  private final AtomicLong beats = new AtomicLong();
  private final Map<Integer, Sightings> sightings = new ConcurrentHashMap<>();

  /** One beat; failures are left to the writes, which meet them too. */
  void beat(CassandraLink link, Collection<Integer> databases) {
    String table =
        new Schema(CassandraLink.cqlName(link.target().keyspace())).qualified(Schema.CLIENTS);
    long beat = beats.incrementAndGet();
    for (int database : databases) {
      beat(link, table, database, beat)
          .exceptionally(
              failure -> {
                log.debug("no beat in database {}: {}", database, failure.getMessage());
                return null;
              });
    }
  }

  private CompletionStage<Void> beat(CassandraLink link, String table, int database, long beat) {
    return link.send(
            SimpleStatement.newInstance(
                "INSERT INTO "
                    + table
                    + " (database, client, name, beat) VALUES (?, ?, ?, ?) USING TTL "
                    + ROW_TTL_SECONDS,
                database,
                client,
                name,
                beat))
        .thenCompose(
            written ->
                link.send(
                    SimpleStatement.newInstance(
                        "SELECT client, name, beat FROM " + table + " WHERE database = ?",
                        database)))
        .thenAccept(
            rows -> {
              Map<String, Long> now = new HashMap<>();
              Map<String, String> names = new HashMap<>();
              for (Row row : rows.currentPage()) {
                now.put(row.getString(0), row.getLong(2));
                names.put(row.getString(0), row.getString(1));
              }
              for (String other : seen(database, now)) {
                log.warn(
                    "another client, {}, writes to database {} of {} too: the result is right as"
                        + " long as both follow the same hub, but one of them is too many",
                    names.get(other),
                    database,
                    link.target());
              }
            });
  }

  private List<String> seen(int database, Map<String, Long> now) {
    Sightings ofDatabase = sightings.computeIfAbsent(database, number -> new Sightings(client));
    synchronized (ofDatabase) {
      return ofDatabase.seen(now);
    }
  }

  /** Other clients that write to a database of ours, counted for each. */
  int others() {
    int others = 0;
    for (Sightings ofDatabase : sightings.values()) {
      synchronized (ofDatabase) {
        others += ofDatabase.others();
      }
    }
    return others;
  }
}
