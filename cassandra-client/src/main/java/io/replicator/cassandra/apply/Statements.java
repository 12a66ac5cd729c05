package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Elements;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Every statement that writes or reads rows of data, prepared. All of them are idempotent, all
 * writes carry their timestamp. Values are bound as the protocol wants them, from the bytes that
 * the records have, without a detour over Java's types. Thread-safe.
 */
final class Statements {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final ByteBuffer NO_ELEMENTS = Elements.encoded(List.of());

  /** Of one table. */
  private static final class OfTable {
    PreparedStatement insert;
    PreparedStatement deleteRow;
    PreparedStatement deletePartition;
    PreparedStatement rows;
  }

  private final Map<Table, OfTable> tables = new EnumMap<>(Table.class);
  private PreparedStatement directoryInsert;
  private PreparedStatement directoryDelete;
  private PreparedStatement directoryLookup;
  private PreparedStatement directoryScan;
  private PreparedStatement directoryProbe;

  private Statements() {}

  static CompletionStage<Statements> prepare(CassandraLink link) {
    var statements = new Statements();
    var schema = new Schema(CassandraLink.cqlName(link.target().keyspace()));
    List<CompletableFuture<?>> preparing = new ArrayList<>();
    for (Table table : Table.values()) {
      var prepared = new OfTable();
      statements.tables.put(table, prepared);
      String name = schema.qualified(table);
      List<String> partition = table.partitionColumns();
      List<String> all = new ArrayList<>(partition);
      all.addAll(table.rowColumns());
      List<String> key = List.copyOf(all);
      all.addAll(table.valueColumns());
      preparing.add(prepare(link, insert(name, all), statement -> prepared.insert = statement));
      preparing.add(
          prepare(
              link,
              "DELETE FROM " + name + " USING TIMESTAMP ? WHERE " + equal(partition),
              statement -> prepared.deletePartition = statement));
      if (table.type().isCollection()) {
        preparing.add(
            prepare(
                link,
                "DELETE FROM " + name + " USING TIMESTAMP ? WHERE " + equal(key),
                statement -> prepared.deleteRow = statement));
        List<String> selected = new ArrayList<>(table.rowColumns());
        selected.addAll(table.valueColumns());
        preparing.add(
            prepare(
                link,
                "SELECT "
                    + String.join(", ", selected)
                    + " FROM "
                    + name
                    + " WHERE "
                    + equal(partition),
                statement -> prepared.rows = statement));
      }
    }
    String keys = schema.qualified(Schema.KEYS);
    preparing.add(
        prepare(
            link,
            insert(keys, List.of("database", "bucket", "key", "type", "expires_ms", "version")),
            statement -> statements.directoryInsert = statement));
    preparing.add(
        prepare(
            link,
            "DELETE FROM "
                + keys
                + " USING TIMESTAMP ? WHERE "
                + equal(List.of("database", "bucket", "key", "type")),
            statement -> statements.directoryDelete = statement));
    String entries = "SELECT key, type, expires_ms, WRITETIME(version) FROM " + keys + " WHERE ";
    preparing.add(
        prepare(
            link,
            entries + equal(List.of("database", "bucket")) + " AND key IN ?",
            statement -> statements.directoryLookup = statement));
    preparing.add(
        prepare(
            link,
            entries + equal(List.of("database", "bucket")),
            statement -> statements.directoryScan = statement));
    preparing.add(
        prepare(
            link,
            entries + equal(List.of("database", "bucket")) + " LIMIT 1",
            statement -> statements.directoryProbe = statement));
    return CompletableFuture.allOf(preparing.toArray(CompletableFuture[]::new))
        .thenApply(done -> statements);
  }

  private interface Take {
    void statement(PreparedStatement statement);
  }

  private static CompletableFuture<?> prepare(CassandraLink link, String cql, Take take) {
    return link.prepare(cql).thenAccept(take::statement).toCompletableFuture();
  }

  private static String insert(String table, List<String> columns) {
    return "INSERT INTO "
        + table
        + " ("
        + String.join(", ", columns)
        + ") VALUES ("
        + "?, ".repeat(columns.size() - 1)
        + "?) USING TIMESTAMP ? AND TTL ?";
  }

  private static String equal(Collection<String> columns) {
    return String.join(" = ? AND ", columns) + " = ?";
  }

  // ---- Data

  /** The row of a string, list or opaque key. */
  BoundStatement value(
      Table table, int database, Bytes key, Bytes value, long timestamp, int ttlSeconds) {
    Binding insert = Binding.of(tables.get(table).insert);
    addPartition(insert, table, database, key, Bytes.EMPTY);
    addValues(insert, table.type(), value);
    return insert.add(timestamp).add(ttlSeconds).build();
  }

  /** The row of a field. */
  BoundStatement field(
      Table table,
      int database,
      Bytes key,
      Bytes field,
      Bytes value,
      long timestamp,
      int ttlSeconds) {
    Binding insert = Binding.of(tables.get(table).insert);
    addPartition(insert, table, database, key, field);
    addRow(insert, table, field);
    addValues(insert, table.type(), value);
    return insert.add(timestamp).add(ttlSeconds).build();
  }

  BoundStatement deleteField(Table table, int database, Bytes key, Bytes field, long timestamp) {
    Binding delete = Binding.of(tables.get(table).deleteRow).add(timestamp);
    addPartition(delete, table, database, key, field);
    addRow(delete, table, field);
    return delete.build();
  }

  /** Everything of a key that is not newer; several statements for a large collection. */
  List<BoundStatement> deleteKey(Table table, int database, Bytes key, long timestamp) {
    PreparedStatement delete = tables.get(table).deletePartition;
    List<BoundStatement> deletes = new ArrayList<>();
    for (int bucket = 0; bucket < partitions(table); bucket++) {
      Binding bound = Binding.of(delete).add(timestamp);
      addPartition(bound, table, database, key, bucket);
      deletes.add(bound.build());
    }
    return deletes;
  }

  static int partitions(Table table) {
    return table.isLarge() ? Schema.LARGE_BUCKETS : 1;
  }

  /** All rows of one partition of a collection; columns as {@link #copy} takes them. */
  BoundStatement rows(Table table, int database, Bytes key, int bucket) {
    Binding select = Binding.of(tables.get(table).rows);
    addPartition(select, table, database, key, bucket);
    return select.build();
  }

  /** A row as {@link #rows} returned it, written again. */
  BoundStatement copy(
      Table table,
      int database,
      Bytes key,
      int bucket,
      List<ByteBuffer> row,
      long timestamp,
      int ttlSeconds) {
    Binding insert = Binding.of(tables.get(table).insert);
    addPartition(insert, table, database, key, bucket);
    row.forEach(insert::add);
    return insert.add(timestamp).add(ttlSeconds).build();
  }

  private static void addPartition(
      Binding bound, Table table, int database, Bytes key, Bytes field) {
    int bucket = table.isLarge() ? Names.bucket(field, Schema.LARGE_BUCKETS) : 0;
    addPartition(bound, table, database, key, bucket);
  }

  private static void addPartition(
      Binding bound, Table table, int database, Bytes key, int bucket) {
    bound.add(database).add(Names.encoded(key));
    if (table.isLarge()) {
      bound.add(bucket);
    }
  }

  private static void addRow(Binding bound, Table table, Bytes field) {
    if (table.type() == DataType.STREAM) {
      bound.add(unsigned(field.slice(0, Long.BYTES)));
      bound.add(unsigned(field.slice(Long.BYTES, 2 * Long.BYTES)));
    } else {
      bound.add(Names.encoded(field));
    }
  }

  /** A {@code varint}, which has no largest number. */
  private static ByteBuffer unsigned(Bytes bigEndian) {
    return ByteBuffer.wrap(new BigInteger(1, bigEndian.toArray()).toByteArray());
  }

  private static void addValues(Binding bound, DataType type, Bytes value) {
    switch (type) {
      case STRING, HASH -> {
        boolean text = Names.isUtf8(value);
        bound.add(text ? raw(value) : NOTHING).add(text ? NOTHING : raw(value));
      }
      case LIST, STREAM -> {
        List<Bytes> elements = Elements.of(value);
        boolean text = elements.stream().allMatch(Names::isUtf8);
        ByteBuffer encoded = Elements.encoded(elements);
        bound.add(text ? encoded : NO_ELEMENTS).add(text ? NO_ELEMENTS : encoded);
      }
      case ZSET, OPAQUE -> bound.add(raw(value));
      case SET -> {
        // The member is all there is.
      }
    }
  }

  private static ByteBuffer raw(Bytes bytes) {
    return ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length()).slice();
  }

  // ---- Directory

  BoundStatement directoryInsert(
      int database,
      Bytes key,
      Table table,
      long expiresAtMs,
      long version,
      long timestamp,
      int ttlSeconds) {
    return entry(Binding.of(directoryInsert), database, key, table)
        .add(expiresAtMs)
        .add(version)
        .add(timestamp)
        .add(ttlSeconds)
        .build();
  }

  BoundStatement directoryDelete(int database, Bytes key, Table table, long timestamp) {
    return entry(Binding.of(directoryDelete).add(timestamp), database, key, table).build();
  }

  private static Binding entry(Binding bound, int database, Bytes key, Table table) {
    return bound
        .add(database)
        .add(directoryBucket(key))
        .add(Names.encoded(key))
        .add(table.directoryName());
  }

  static int directoryBucket(Bytes key) {
    return Names.bucket(key, Schema.DIRECTORY_BUCKETS);
  }

  /** Entries of some keys of one bucket: key, type, expires_ms, timestamp. */
  BoundStatement directoryLookup(int database, int bucket, List<Bytes> keys) {
    return Binding.of(directoryLookup)
        .add(database)
        .add(bucket)
        .add(Elements.encoded(keys.stream().map(Names::encodedBytes).toList()))
        .build();
  }

  /** All entries of a bucket, columns as for {@link #directoryLookup}. */
  BoundStatement directoryScan(int database, int bucket) {
    return Binding.of(directoryScan).add(database).add(bucket).build();
  }

  /** One entry of a bucket, if there is any. */
  BoundStatement directoryProbe(int database, int bucket) {
    return Binding.of(directoryProbe).add(database).add(bucket).build();
  }
}
