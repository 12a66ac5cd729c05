package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a view asks, prepared. Rows are selected as {@link RowContent} takes them, and after that
 * the seconds to live of the first value column, where the table has one.
 */
final class ViewStatements {
  /** Of one table. */
  static final class OfTable {
    /** Rows between two tokens, then their database and key; null for a large table. */
    PreparedStatement range;

    /** Partition keys between two tokens; null but for a large table. */
    PreparedStatement partitions;

    /** Of one partition. */
    PreparedStatement rows;

    /** One row of a partition, if there is any. */
    PreparedStatement any;

    /** Some rows of one partition of a hash, set or zset. */
    PreparedStatement fields;

    /** Some entries of one partition of a stream after one, in order. */
    PreparedStatement after;
  }

  private final CassandraLink link;
  private final List<CompletableFuture<?>> preparing = new ArrayList<>();
  private final Map<Table, OfTable> tables = new EnumMap<>(Table.class);

  /** Entries of the directory: of some keys of a bucket, and of all. */
  PreparedStatement entries;

  PreparedStatement bucket;

  private ViewStatements(CassandraLink link) {
    this.link = link;
  }

  static CompletionStage<ViewStatements> prepare(CassandraLink link) {
    var statements = new ViewStatements(link);
    statements.prepare(new Schema(CassandraLink.cqlName(link.target().keyspace())));
    return CompletableFuture.allOf(statements.preparing.toArray(CompletableFuture[]::new))
        .thenApply(done -> statements);
  }

  OfTable of(Table table) {
    return tables.get(table);
  }

  private void prepare(Schema schema) {
    for (Table table : Table.values()) {
      prepare(table, schema.qualified(table));
    }
    String bucketEntries =
        "SELECT key, type, expires_ms, TTL(expires_ms) FROM "
            + schema.qualified(Schema.KEYS)
            + " WHERE database = ? AND bucket = ?";
    prepare(bucketEntries, prepared -> bucket = prepared);
    prepare(bucketEntries + " AND key IN ?", prepared -> entries = prepared);
  }

  private void prepare(Table table, String name) {
    var of = new OfTable();
    tables.put(table, of);
    List<String> columns = new ArrayList<>(table.rowColumns());
    columns.addAll(table.valueColumns());
    if (!table.valueColumns().isEmpty()) {
      columns.add("TTL(" + table.valueColumns().get(0) + ")");
    }
    String selected = "SELECT " + String.join(", ", columns);
    String from = " FROM " + name + " WHERE ";
    String partition = String.join(", ", table.partitionColumns());
    String tokens = "token(" + partition + ") >= ? AND token(" + partition + ") <= ?";
    String key = String.join(" = ? AND ", table.partitionColumns()) + " = ?";
    if (table.isLarge()) {
      prepare("SELECT DISTINCT " + partition + from + tokens, prepared -> of.partitions = prepared);
      prepare("SELECT bucket" + from + key + " LIMIT 1", prepared -> of.any = prepared);
    } else {
      prepare(selected + ", database, key" + from + tokens, prepared -> of.range = prepared);
    }
    prepare(selected + from + key, prepared -> of.rows = prepared);
    if (table.type() == DataType.STREAM) {
      prepare(
          selected + from + key + " AND (ms, seq) > (?, ?) LIMIT ?",
          prepared -> of.after = prepared);
    } else if (table.type().isCollection()) {
      prepare(
          selected + from + key + " AND " + table.rowColumns().get(0) + " IN ?",
          prepared -> of.fields = prepared);
    }
  }

  private interface Take {
    void statement(PreparedStatement statement);
  }

  private void prepare(String cql, Take take) {
    preparing.add(link.prepare(cql).thenAccept(take::statement).toCompletableFuture());
  }
}
