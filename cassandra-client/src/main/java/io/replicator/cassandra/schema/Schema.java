package io.replicator.cassandra.schema;

import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The tables of a target keyspace, in CQL. See {@code docs/cassandra.md} for how they are read, and
 * ADR 0013 for why they are so.
 */
public final class Schema {
  /** Partitions of one database's directory of keys. Never changes: rows are found by it. */
  public static final int DIRECTORY_BUCKETS = 256;

  /** Partitions of one collection that was declared large. Never changes. */
  public static final int LARGE_BUCKETS = 64;

  /** Key to table of every database; a row for each. */
  public static final String KEYS = "keys";

  /** How far each feed is. */
  public static final String CURSORS = "replicator_cursors";

  /** Which timestamps belong to which epoch. */
  public static final String EPOCHS = "replicator_epochs";

  /** Who writes at the moment. */
  public static final String CLIENTS = "replicator_clients";

  private final String keyspace;

  /**
   * @param keyspace its name as CQL wants it, in double quotes where needed
   */
  public Schema(String keyspace) {
    this.keyspace = keyspace;
  }

  /** A table with its keyspace. */
  public String qualified(String table) {
    return keyspace + "." + table;
  }

  public String qualified(Table table) {
    return qualified(table.tableName());
  }

  /**
   * @param replication CQL map, such as {@code {'class': 'SimpleStrategy', 'replication_factor':
   *     1}}
   */
  public String createKeyspace(String replication) {
    return "CREATE KEYSPACE IF NOT EXISTS " + keyspace + " WITH replication = " + replication;
  }

  /** A statement for each table, by its name; the directory first, since the others need it. */
  public Map<String, String> createTables() {
    Map<String, String> statements = new LinkedHashMap<>();
    statements.put(
        KEYS,
        create(
            KEYS,
            List.of(
                "database int",
                "bucket int",
                "key text",
                "type text",
                "expires_ms bigint",
                "version bigint"),
            primaryKey(List.of("database", "bucket"), List.of("key", "type")),
            "Every key and its type; bucket is CRC-32 of the key modulo "
                + DIRECTORY_BUCKETS
                + ", expires_ms 0 for never"));
    for (Table table : Table.values()) {
      statements.put(
          table.tableName(),
          create(
              table.tableName(),
              table.columnDefinitions(),
              primaryKey(table.partitionColumns(), table.rowColumns()),
              comment(table)));
    }
    statements.put(
        CURSORS,
        create(
            CURSORS,
            List.of(
                "database int",
                "feed text",
                "epoch text",
                "base bigint",
                "version bigint",
                "loading text",
                "sweep_below bigint",
                "sweep text",
                "tables text"),
            primaryKey(List.of("database"), List.of("feed")),
            "How far each feed is"));
    statements.put(
        EPOCHS,
        create(
            EPOCHS,
            List.of("database int", "epoch text", "base bigint", "reserved bigint"),
            primaryKey(List.of("database"), List.of()),
            "Timestamp of a version: base + version, of the newest epoch"));
    statements.put(
        CLIENTS,
        create(
            CLIENTS,
            List.of("database int", "client text", "name text", "beat bigint"),
            primaryKey(List.of("database"), List.of("client")),
            "Who writes at the moment"));
    return statements;
  }

  /** Columns and their types by table, as {@code system_schema.columns} lists them. */
  public Map<String, Map<String, String>> columns() {
    Map<String, Map<String, String>> tables = new LinkedHashMap<>();
    createTables()
        .forEach(
            (table, statement) -> {
              Map<String, String> columns = new LinkedHashMap<>();
              for (String line : statement.split("\n", -1)) {
                String column = line.strip().replaceFirst(",$", "");
                if (line.startsWith("  ") && !column.startsWith("PRIMARY")) {
                  int space = column.indexOf(' ');
                  columns.put(column.substring(0, space), column.substring(space + 1));
                }
              }
              tables.put(table, columns);
            });
    return tables;
  }

  /** Everything, to be given to cqlsh. */
  public String script(String replication) {
    var script = new StringJoiner(";\n\n", "", ";\n");
    script.add(createKeyspace(replication));
    createTables().values().forEach(script::add);
    return script.toString();
  }

  private String create(String table, List<String> columns, String primaryKey, String comment) {
    List<String> lines = new ArrayList<>(columns);
    lines.add("PRIMARY KEY " + primaryKey);
    return "CREATE TABLE IF NOT EXISTS "
        + qualified(table)
        + " (\n  "
        + String.join(",\n  ", lines)
        + "\n) WITH comment = '"
        + comment
        + "'";
  }

  private static String primaryKey(List<String> partition, List<String> row) {
    String key = "(" + String.join(", ", partition) + ")";
    return row.isEmpty() ? "(" + key + ")" : "(" + key + ", " + String.join(", ", row) + ")";
  }

  private static String comment(Table table) {
    String what =
        switch (table.type()) {
          case STRING, HASH -> "bytes is empty unless the value is not UTF-8; then value is empty";
          case LIST -> "bytes is empty unless an element is not UTF-8; then items is empty";
          case STREAM -> "fields: names and values by turns; in bytes where one is not UTF-8";
          case SET, ZSET -> "A row for each member";
          case OPAQUE -> "Types of Redis modules, as DUMP gives them";
        };
    return table.isLarge()
        ? what
            + "; bucket is CRC-32 of the "
            + (table.type() == DataType.STREAM ? "id" : "name")
            + " modulo "
            + LARGE_BUCKETS
        : what;
  }
}
