package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.servererrors.UnauthorizedException;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that the target's keyspace and tables are there and as they should be, and tells which
 * they are: a table that was dropped and made again is another one, and what a cursor says of the
 * old one is void.
 */
final class SchemaSetup {
  private static final Logger log = LoggerFactory.getLogger(SchemaSetup.class);
  private static final String HINT =
      "; bin/replicator cassandra-schema --to URI prints what is needed";

  private static final String REMEDY = ": drop the table, it is made anew and loaded";

  private final CassandraLink link;
  private final CassandraTarget target;
  private final Schema schema;

  SchemaSetup(CassandraLink link) {
    this.link = link;
    this.target = link.target();
    this.schema = new Schema(CassandraLink.cqlName(target.keyspace()));
  }

  /**
   * @return what identifies these very tables
   */
  CompletionStage<String> ensure() {
    return select("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?")
        .thenCompose(
            rows ->
                rows.currentPage().iterator().hasNext()
                    ? CompletableFuture.completedFuture(null)
                    : createKeyspace())
        .thenCompose(exists -> tables())
        .thenCompose(
            found -> {
              Map<String, String> missing = schema.createTables();
              missing.keySet().removeAll(found.keySet());
              return missing.isEmpty()
                  ? CompletableFuture.completedFuture(found)
                  : createTables(missing).thenCompose(created -> tables());
            })
        .thenCompose(
            found ->
                checkColumns()
                    .thenCompose(checked -> checkDroppedColumns())
                    .thenApply(checked -> identity(found)));
  }

  /**
   * A column that was added again has lost what was in it, and hides what is written with a
   * timestamp from before it was dropped; ours may be.
   */
  private CompletionStage<Void> checkDroppedColumns() {
    return each(
        select(
            "SELECT table_name, column_name FROM system_schema.dropped_columns"
                + " WHERE keyspace_name = ?"),
        row -> {
          if (schema
              .columns()
              .getOrDefault(row.getString(0), Map.of())
              .containsKey(row.getString(1))) {
            throw new CassandraFailedException(
                "column "
                    + row.getString(1)
                    + " of table "
                    + row.getString(0)
                    + " of "
                    + target
                    + " was dropped and added again, empty"
                    + REMEDY);
          }
        });
  }

  private CompletionStage<AsyncResultSet> select(String cql) {
    return link.send(SimpleStatement.newInstance(cql, target.keyspace()));
  }

  private CompletionStage<?> createKeyspace() {
    if (!target.create()) {
      throw new CassandraFailedException(target + " has no such keyspace, and ?create=off" + HINT);
    }
    if (target.replication().isEmpty()) {
      if (link.nodes() > 1) {
        throw new CassandraFailedException(
            target
                + " has no such keyspace: say how a cluster of "
                + link.nodes()
                + " nodes is to replicate it, ?replication=DC:3");
      }
    }
    return permitted(link.define(schema.createKeyspace(target.replicationOrDefault())))
        .thenRun(
            () ->
                log.info(
                    "created {}, replicated as {}{}",
                    target,
                    target.replicationOrDefault(),
                    target.replication().isEmpty()
                        ? ", for a single node; ?replication= says otherwise"
                        : ""));
  }

  private CompletionStage<?> createTables(Map<String, String> missing) {
    if (!target.create()) {
      throw new CassandraFailedException(
          target + " lacks the tables " + missing.keySet() + ", and ?create=off" + HINT);
    }
    boolean others =
        Arrays.stream(Table.values()).anyMatch(t -> !missing.containsKey(t.tableName()));
    if (missing.containsKey(Schema.KEYS) && others) {
      throw new CassandraFailedException(
          "table keys of "
              + target
              + " was dropped, and with it what tells which rows the others hold: drop the others"
              + " too, so that all are made anew and loaded");
    }
    CompletionStage<?> created = CompletableFuture.completedFuture(null);
    for (String statement : missing.values()) {
      created = created.thenCompose(done -> permitted(link.define(statement)));
    }
    return created.thenRun(() -> log.info("created {} tables of {}", missing.size(), target));
  }

  private static CompletionStage<?> permitted(CompletionStage<AsyncResultSet> definition) {
    return definition.exceptionally(
        e -> {
          Throwable failure = e instanceof CompletionException ? e.getCause() : e;
          throw failure.getCause() instanceof UnauthorizedException
              ? new CassandraFailedException(failure.getMessage() + HINT, failure)
              : (CassandraFailedException) failure;
        });
  }

  /** Ids by name. */
  private CompletionStage<Map<String, UUID>> tables() {
    Map<String, UUID> tables = new TreeMap<>();
    return each(
            select("SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = ?"),
            row -> tables.put(row.getString(0), row.getUuid(1)))
        .thenApply(done -> tables);
  }

  private CompletionStage<Void> checkColumns() {
    Map<String, Map<String, String>> found = new HashMap<>();
    return each(
            select(
                "SELECT table_name, column_name, type FROM system_schema.columns"
                    + " WHERE keyspace_name = ?"),
            row ->
                found
                    .computeIfAbsent(row.getString(0), name -> new HashMap<>())
                    .put(row.getString(1), row.getString(2)))
        .thenAccept(
            done ->
                schema
                    .columns()
                    .forEach(
                        (table, columns) ->
                            columns.forEach(checkIn(table, found.getOrDefault(table, Map.of())))));
  }

  private BiConsumer<String, String> checkIn(String table, Map<String, String> found) {
    return (column, type) -> {
      String actual = found.get(column);
      if (!type.equals(actual)) {
        throw new CassandraFailedException(
            "table "
                + table
                + " of "
                + target
                + (actual == null
                    ? " has no column " + column
                    : " has column " + column + " of type " + actual)
                + ", "
                + type
                + " is needed"
                + REMEDY);
      }
    };
  }

  /** Of the tables that hold data, whatever else is in the keyspace. */
  private static String identity(Map<String, UUID> found) {
    var crc = new CRC32();
    for (Table table : Table.values()) {
      crc.update(found.get(table.tableName()).toString().getBytes(StandardCharsets.US_ASCII));
    }
    crc.update(found.get(Schema.KEYS).toString().getBytes(StandardCharsets.US_ASCII));
    return String.format("%08x", crc.getValue());
  }

  private interface EachRow {
    void row(Row row);
  }

  private static CompletionStage<Void> each(CompletionStage<AsyncResultSet> page, EachRow each) {
    return page.thenCompose(
        rows -> {
          rows.currentPage().forEach(each::row);
          return rows.hasMorePages()
              ? each(rows.fetchNextPage(), each)
              : CompletableFuture.completedFuture(null);
        });
  }
}
