package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.settings.CassandraTarget.Consistency;
import io.replicator.replication.Epoch;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which epoch a target database belongs to, and its {@link Timeline}: a row that changes only by
 * compare and set, so that of two clients that claim at the same time one wins and the other sees
 * it.
 */
final class EpochRegistry {
  private static final Logger log = LoggerFactory.getLogger(EpochRegistry.class);

  private final CassandraLink link;
  private final String table;
  private final LongSupplier clockMs;

  /** Of databases that were asked for since {@link #forget}. */
  private final Map<Integer, Timeline> known = new ConcurrentHashMap<>();

  EpochRegistry(CassandraLink link, LongSupplier clockMs) {
    this.link = link;
    this.table =
        new Schema(CassandraLink.cqlName(link.target().keyspace())).qualified(Schema.EPOCHS);
    this.clockMs = clockMs;
  }

  /** Somebody else may have claimed databases meanwhile. */
  void forget() {
    known.clear();
  }

  /** The timeline of the newest epoch; null where the database has had none. */
  CompletionStage<Timeline> current(int database) {
    Timeline timeline = known.get(database);
    return timeline == null ? read(database) : CompletableFuture.completedFuture(timeline);
  }

  private CompletionStage<Timeline> read(int database) {
    SimpleStatement select =
        SimpleStatement.newInstance(
                "SELECT epoch, base, reserved FROM " + table + " WHERE database = ?", database)
            .setConsistencyLevel(serial());
    return link.send(select).thenApply(rows -> remember(database, timeline(rows)));
  }

  private Timeline remember(int database, Timeline timeline) {
    if (timeline != null) {
      known.put(database, timeline);
    }
    return timeline;
  }

  private ConsistencyLevel serial() {
    Consistency consistency = link.target().consistency();
    return consistency == Consistency.LOCAL_QUORUM || consistency == Consistency.LOCAL_ONE
        ? ConsistencyLevel.LOCAL_SERIAL
        : ConsistencyLevel.SERIAL;
  }

  private static Timeline timeline(AsyncResultSet rows) {
    Row row = rows.one();
    return row == null || row.isNull(0)
        ? null
        : new Timeline(Epoch.parse(row.getString(0)), row.getLong(1), row.getLong(2));
  }

  /** The database belongs to {@code epoch} from now on, whoever had it before. */
  CompletionStage<Timeline> claim(int database, Epoch epoch, long version) {
    return read(database)
        .thenCompose(
            before -> {
              if (before != null && before.epoch().equals(epoch)) {
                return before.covers(version)
                    ? CompletableFuture.completedFuture(before)
                    : extend(database, before, version);
              }
              Timeline claimed =
                  Timeline.claimed(
                      epoch,
                      version,
                      clockMs.getAsLong() * 1_000,
                      before == null ? 0 : before.reserved());
              return set(database, before, claimed)
                  .thenCompose(
                      applied -> {
                        if (!applied) {
                          return claim(database, epoch, version);
                        }
                        log.info(
                            "database {} of {} belongs to epoch {} from now on{}",
                            database,
                            link.target(),
                            epoch,
                            before == null ? "" : ", before to " + before.epoch());
                        return CompletableFuture.completedFuture(remember(database, claimed));
                      });
            });
  }

  /**
   * The timeline of a database that was claimed, or asked for, with {@code version} in it.
   *
   * @return fails where more has to be reserved, and another epoch has taken the database over
   */
  CompletionStage<Timeline> covering(int database, long version) {
    Timeline timeline = known.get(database);
    if (timeline == null) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("database " + database + " has no timeline"));
    }
    return timeline.covers(version)
        ? CompletableFuture.completedFuture(timeline)
        : extend(database, timeline, version);
  }

  private CompletionStage<Timeline> extend(int database, Timeline timeline, long version) {
    Timeline extended = timeline.extendedTo(version);
    return set(database, timeline, extended)
        .thenCompose(
            applied ->
                applied
                    ? CompletableFuture.completedFuture(remember(database, extended))
                    : read(database)
                        .thenCompose(
                            now -> {
                              requireSame(database, timeline, now);
                              return now.covers(version)
                                  ? CompletableFuture.completedFuture(now)
                                  : extend(database, now, version);
                            }));
  }

  /**
   * @throws CassandraFailedException where {@code now} is another epoch's
   */
  private void requireSame(int database, Timeline expected, Timeline now) {
    if (now == null || !now.epoch().equals(expected.epoch()) || now.base() != expected.base()) {
      throw new CassandraFailedException(
          "database "
              + database
              + " of "
              + link.target()
              + " was taken over by "
              + (now == null ? "nobody: its row in " + table + " is gone" : "epoch " + now.epoch())
              + " from epoch "
              + expected.epoch()
              + ": two clients of different hubs write there");
    }
  }

  private CompletionStage<Boolean> set(int database, Timeline before, Timeline after) {
    SimpleStatement set =
        before == null
            ? SimpleStatement.newInstance(
                "INSERT INTO "
                    + table
                    + " (database, epoch, base, reserved) VALUES (?, ?, ?, ?) IF NOT EXISTS",
                database,
                after.epoch().toString(),
                after.base(),
                after.reserved())
            : SimpleStatement.newInstance(
                "UPDATE "
                    + table
                    + " SET epoch = ?, base = ?, reserved = ? WHERE database = ?"
                    + " IF epoch = ? AND base = ? AND reserved = ?",
                after.epoch().toString(),
                after.base(),
                after.reserved(),
                database,
                before.epoch().toString(),
                before.base(),
                before.reserved());
    // Sent twice, it does nothing the second time, says so, and is looked at again.
    return link.send(set.setIdempotent(true)).thenApply(AsyncResultSet::wasApplied);
  }
}
