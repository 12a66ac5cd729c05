package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.streams.FeedKey;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of {@code replicator_cursors}. A cursor is written only after everything up to it, so
 * any that was ever there stays true; the newest saves the most work.
 */
final class CursorTable {
  private static final Logger log = LoggerFactory.getLogger(CursorTable.class);

  private final CassandraLink link;
  private final String table;

  /** Of the tables that the cursors tell about. */
  private final String tables;

  private final PreparedStatement insert;

  /** That cursors are void. */
  private final AtomicBoolean said = new AtomicBoolean();

  /**
   * @param feed null where its name is none of ours
   * @param base of the timeline that it was reached with
   * @param tables that it was reached in
   * @param timestamp of the row
   */
  record Stored(
      int database, FeedKey feed, FeedState state, long base, String tables, long timestamp) {}

  private CursorTable(CassandraLink link, String table, String tables, PreparedStatement insert) {
    this.link = link;
    this.table = table;
    this.tables = tables;
    this.insert = insert;
  }

  static CompletionStage<CursorTable> prepare(CassandraLink link, String tables) {
    String table =
        new Schema(CassandraLink.cqlName(link.target().keyspace())).qualified(Schema.CURSORS);
    return link.prepare(
            "INSERT INTO "
                + table
                + " (database, feed, epoch, base, version, loading, sweep_below, sweep, tables)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")
        .thenApply(insert -> new CursorTable(link, table, tables, insert));
  }

  /** Those that are worth anything in the tables that are there now. */
  CompletionStage<List<Stored>> read() {
    List<Stored> found = new ArrayList<>();
    return read(
            link.send(
                SimpleStatement.newInstance(
                    "SELECT database, feed, epoch, base, version, loading, sweep_below, sweep,"
                        + " tables, WRITETIME(version) FROM "
                        + table)),
            found)
        .thenApply(
            done -> {
              if (found.removeIf(stored -> !stored.tables().equals(tables))
                  && !said.getAndSet(true)) {
                log.warn(
                    "tables of {} were made anew since they were filled: they are loaded again",
                    link.target());
              }
              return found;
            });
  }

  private CompletionStage<Void> read(
      CompletionStage<com.datastax.oss.driver.api.core.cql.AsyncResultSet> page,
      List<Stored> found) {
    return page.thenCompose(
        rows -> {
          rows.currentPage().forEach(row -> addReadable(found, row));
          return rows.hasMorePages()
              ? read(rows.fetchNextPage(), found)
              : CompletableFuture.completedFuture(null);
        });
  }

  private void addReadable(List<Stored> found, Row row) {
    try {
      found.add(stored(row));
    } catch (RuntimeException e) {
      log.warn(
          "the cursor of {} in {} cannot be read and counts as none: {}",
          row.getString(1),
          table,
          e.getMessage());
    }
  }

  private static Stored stored(Row row) {
    String name = row.getString(1);
    int slash = name.lastIndexOf('/');
    Epoch epoch = Epoch.parse(row.getString(2));
    String loading = row.getString(5);
    Cursor cursor =
        loading.isEmpty()
            ? new Cursor.At(epoch, row.getLong(4))
            : new Cursor.Loading(
                epoch, row.getLong(4), Bytes.wrap(HexFormat.of().parseHex(loading.substring(1))));
    return new Stored(
        row.getInt(0),
        new FeedKey(name.substring(0, slash), name.substring(slash + 1)),
        new FeedState(
            cursor,
            FeedState.Sweep.valueOf(row.getString(7).toUpperCase(Locale.ROOT)),
            row.getLong(6)),
        row.getLong(3),
        row.getString(8),
        row.getLong(9));
  }

  /**
   * @param base of the timeline
   * @param timestamp of the row; the largest wins
   */
  CompletionStage<?> write(int database, FeedKey feed, FeedState state, long base, long timestamp) {
    boolean loading = state.cursor() instanceof Cursor.Loading;
    Epoch epoch =
        loading ? ((Cursor.Loading) state.cursor()).epoch() : ((Cursor.At) state.cursor()).epoch();
    return link.send(
        insert.bind(
            database,
            feed.database() + "/" + feed.fingerprint(),
            epoch.toString(),
            base,
            GroupApply.version(state.cursor()),
            loading ? "@" + hex(((Cursor.Loading) state.cursor()).position()) : "",
            state.sweepBelow(),
            state.sweep().name().toLowerCase(Locale.ROOT),
            tables,
            timestamp));
  }

  /** Without a cursor, the next session loads again. */
  CompletionStage<?> forget(int database, FeedKey feed, long timestamp) {
    return link.send(
        SimpleStatement.newInstance(
            "DELETE FROM " + table + " USING TIMESTAMP ? WHERE database = ? AND feed = ?",
            timestamp,
            database,
            feed.database() + "/" + feed.fingerprint()));
  }

  private static String hex(Bytes bytes) {
    return HexFormat.of().formatHex(bytes.array(), bytes.offset(), bytes.offset() + bytes.length());
  }
}
