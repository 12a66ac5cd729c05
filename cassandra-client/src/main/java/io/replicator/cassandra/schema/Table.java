package io.replicator.cassandra.schema;

import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A table of data: one for each type, and one more for each type of collection, whose partitions
 * are a {@linkplain Schema#LARGE_BUCKETS part} of a collection that was declared large. Codes stay
 * below 16: {@code KnownKeys} keeps sets of tables as bits.
 */
public enum Table {
  STRINGS(0, DataType.STRING, false, "", "value text, bytes blob"),
  LISTS(1, DataType.LIST, false, "", "items frozen<list<text>>, bytes frozen<list<blob>>"),
  OPAQUES(2, DataType.OPAQUE, false, "", "payload blob"),
  HASHES(3, DataType.HASH, false, "field text", "value text, bytes blob"),
  SETS(4, DataType.SET, false, "member text", ""),
  ZSETS(5, DataType.ZSET, false, "member text", "score double"),
  STREAMS(
      6,
      DataType.STREAM,
      false,
      "ms varint, seq varint",
      "fields frozen<list<text>>, bytes frozen<list<blob>>"),
  LARGE_HASHES(7, DataType.HASH, true, HASHES.rowKey, HASHES.values),
  LARGE_SETS(8, DataType.SET, true, SETS.rowKey, SETS.values),
  LARGE_ZSETS(9, DataType.ZSET, true, ZSETS.rowKey, ZSETS.values),
  LARGE_STREAMS(10, DataType.STREAM, true, STREAMS.rowKey, STREAMS.values);

  private final int code;
  private final DataType type;
  private final boolean large;

  /** Clustering columns with their types. */
  private final String rowKey;

  /** The other columns with their types. */
  private final String values;

  Table(int code, DataType type, boolean large, String rowKey, String values) {
    this.code = code;
    this.type = type;
    this.large = large;
    this.rowKey = rowKey;
    this.values = values;
  }

  /** The one that holds a key of {@code type}. */
  public static Table of(DataType type, boolean large) {
    for (Table table : values()) {
      if (table.type == type && table.large == (large && type.isCollection())) {
        return table;
      }
    }
    throw new IllegalArgumentException("no table for " + type);
  }

  /** The one that {@code keys.type} names; null for a name that is none. */
  public static Table ofDirectory(String name) {
    for (Table table : values()) {
      if (table.directoryName().equals(name)) {
        return table;
      }
    }
    return null;
  }

  public DataType type() {
    return type;
  }

  /** Whether a collection is spread over {@link Schema#LARGE_BUCKETS} partitions. */
  public boolean isLarge() {
    return large;
  }

  public String tableName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What {@code keys.type} says of a key that is in this table. */
  public String directoryName() {
    return (large ? "large_" : "") + type.name().toLowerCase(Locale.ROOT);
  }

  /** A set with this table alone, as bits. */
  public int bit() {
    return 1 << code;
  }

  /** Partition key columns. */
  public List<String> partitionColumns() {
    return large ? List.of("database", "key", "bucket") : List.of("database", "key");
  }

  /** Clustering columns, in order. */
  public List<String> rowColumns() {
    return names(rowKey);
  }

  /** Columns that are no part of the primary key, in order. */
  public List<String> valueColumns() {
    return names(values);
  }

  private static List<String> names(String columns) {
    List<String> names = new ArrayList<>();
    for (String column : split(columns)) {
      names.add(column.substring(0, column.indexOf(' ')));
    }
    return names;
  }

  private static String[] split(String columns) {
    return columns.isEmpty() ? new String[0] : columns.split(", ", -1);
  }

  /** All columns with their types, in the order of their definition. */
  List<String> columnDefinitions() {
    List<String> columns = new ArrayList<>(List.of("database int", "key text"));
    if (large) {
      columns.add("bucket int");
    }
    columns.addAll(List.of(split(rowKey)));
    columns.addAll(List.of(split(values)));
    return columns;
  }
}
