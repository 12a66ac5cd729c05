package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.settings.CassandraTarget;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Whether there is anything to look at: keyspace, tables, and the database. Changes nothing. */
final class TargetCheck {
  private final CassandraLink link;
  private final CassandraTarget target;
  private final Schema schema;

  TargetCheck(CassandraLink link) {
    this.link = link;
    this.target = link.target();
    this.schema = new Schema(CassandraLink.cqlName(target.keyspace()));
  }

  /** Fails with {@link CassandraFailedException} that says what is missing. */
  CompletionStage<Void> check() {
    return checkTables().thenCompose(checked -> checkDatabase());
  }

  private CompletionStage<Void> checkTables() {
    Set<String> tables = new TreeSet<>();
    Set<String> keyspaces = new TreeSet<>();
    return link.send("SELECT keyspace_name, table_name FROM system_schema.tables")
        .thenCompose(
            page ->
                each(
                    page,
                    row -> {
                      if (row.getString(0).equals(target.keyspace())) {
                        tables.add(row.getString(1));
                      }
                      if (row.getString(1).equals(Schema.EPOCHS)) {
                        keyspaces.add(row.getString(0));
                      }
                    }))
        .thenAccept(
            done -> {
              Set<String> missing = new TreeSet<>(schema.createTables().keySet());
              missing.removeAll(tables);
              if (tables.isEmpty()) {
                throw new CassandraFailedException(
                    target
                        + " has nothing: "
                        + (keyspaces.isEmpty()
                            ? "no keyspace there has replicated data"
                            : "replicated data is in " + String.join(", ", keyspaces)));
              }
              if (!missing.isEmpty()) {
                throw new CassandraFailedException(
                    target
                        + " lacks tables "
                        + missing
                        + ": a client that writes there makes them");
              }
            });
  }

  private CompletionStage<Void> checkDatabase() {
    int database = Math.max(0, target.database());
    Set<Integer> databases = new TreeSet<>();
    return link.send(
            SimpleStatement.newInstance("SELECT database FROM " + schema.qualified(Schema.EPOCHS)))
        .thenCompose(page -> each(page, row -> databases.add(row.getInt(0))))
        .thenAccept(
            done -> {
              if (!databases.contains(database)) {
                throw new CassandraFailedException(
                    target
                        + " has no database "
                        + database
                        + (databases.isEmpty()
                            ? ": no client has begun to load one"
                            : "; ?database= may be one of " + databases));
              }
            });
  }

  private interface EachRow {
    void row(Row row);
  }

  private static CompletionStage<?> each(AsyncResultSet page, EachRow each) {
    page.currentPage().forEach(each::row);
    return page.hasMorePages()
        ? page.fetchNextPage().thenCompose(next -> each(next, each))
        : CompletableFuture.completedFuture(null);
  }
}
