package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.cassandra.schema.Elements;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.KeyspaceView.Page;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the rows of single keys, and values that are too large for an image page by page. */
final class LargeValues {
  private static final int FIELDS_MAX = 100;

  private final CassandraLink link;
  private final ViewStatements statements;
  private final int database;
  private final PageSize pages = new PageSize();

  LargeValues(CassandraLink link, ViewStatements statements, int database) {
    this.link = link;
    this.statements = statements;
    this.database = database;
  }

  private BoundStatementBuilder partition(
      PreparedStatement statement, Table table, Bytes key, int bucket) {
    BoundStatementBuilder bound =
        statement.boundStatementBuilder().setInt(0, database).setBytesUnsafe(1, Names.encoded(key));
    return table.isLarge() ? bound.setInt(2, bucket) : bound;
  }

  private static int partitions(Table table) {
    return table.isLarge() ? Schema.LARGE_BUCKETS : 1;
  }

  /** All rows of a key. */
  CompletionStage<KeyRows> rows(RequestGroup group, Table table, Bytes key) {
    var rows = new KeyRows(table, key);
    CompletionStage<?> read = CompletableFuture.completedFuture(null);
    for (int bucket = 0; bucket < partitions(table); bucket++) {
      int current = bucket;
      read = read.thenCompose(done -> rows(group, rows, current, null));
    }
    return read.thenApply(done -> rows);
  }

  private CompletionStage<?> rows(RequestGroup group, KeyRows rows, int bucket, ByteBuffer paging) {
    Table table = rows.table();
    BoundStatement select =
        partition(statements.of(table).rows, table, rows.key(), bucket)
            .setPageSize(pages.rows())
            .setPagingState(paging)
            .build();
    return group
        .send(select)
        .thenCompose(
            page -> {
              pages.follow(page);
              long nowMs = System.currentTimeMillis();
              page.currentPage().forEach(row -> rows.add(row, bucket, nowMs));
              return page.hasMorePages()
                  ? rows(group, rows, bucket, page.getExecutionInfo().getPagingState())
                  : CompletableFuture.completedFuture(null);
            });
  }

  /** Whether a bucket before {@code bucket} has rows of a key in a large table. */
  CompletionStage<Boolean> isInBucketBefore(int bucket, Table table, Bytes key) {
    RequestGroup group = link.group();
    List<AsyncResultSet> found = Collections.synchronizedList(new ArrayList<>());
    for (int before = 0; before < bucket; before++) {
      group.include(
          group
              .send(partition(statements.of(table).any, table, key, before).build())
              .thenAccept(
                  rows -> {
                    if (rows.remaining() > 0) {
                      found.add(rows);
                    }
                  }));
    }
    return CassandraLink.explained(link.target(), group.done()).thenApply(d -> !found.isEmpty());
  }

  /** As {@link KeyspaceView#elements}, of a key in {@code table}. */
  CompletionStage<Page> elements(Bytes key, Table table, String position) {
    return switch (table.type()) {
      case STRING, OPAQUE, LIST -> value(key, table);
      case STREAM -> stream(key, table, position);
      case HASH, SET, ZSET -> fields(key, table, position);
    };
  }

  /** One row, which is in memory at once anyway. */
  private CompletionStage<Page> value(Bytes key, Table table) {
    return link.send(partition(statements.of(table).rows, table, key, 0).build())
        .thenApply(
            rows -> {
              Row row = rows.one();
              if (row == null) {
                return new Page(List.of(), null);
              }
              return new Page(
                  table == Table.LISTS
                      ? RowContent.elements(table, row)
                      : List.of(RowContent.bytes(table, row)),
                  null);
            });
  }

  private CompletionStage<Page> fields(Bytes key, Table table, String position) {
    String[] parts =
        position.equals(KeyspaceView.START) ? new String[] {"0", ""} : position.split(":", -1);
    int bucket = Integer.parseInt(parts[0]);
    BoundStatement select =
        partition(statements.of(table).rows, table, key, bucket)
            .setPageSize(pages.rows())
            .setPagingState(
                parts[1].isEmpty() ? null : ByteBuffer.wrap(HexFormat.of().parseHex(parts[1])))
            .build();
    return link.send(select)
        .thenApply(
            rows -> {
              pages.follow(rows);
              List<Bytes> items = new ArrayList<>();
              for (Row row : rows.currentPage()) {
                items.addAll(RowContent.element(table, row));
              }
              String next = null;
              if (rows.hasMorePages()) {
                next = bucket + ":" + hex(rows.getExecutionInfo().getPagingState());
              } else if (bucket + 1 < partitions(table)) {
                next = (bucket + 1) + ":";
              }
              return new Page(items, next);
            });
  }

  private static String hex(ByteBuffer state) {
    byte[] bytes = new byte[state.remaining()];
    state.duplicate().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  // ---- Streams

  /** Entries of one partition after an id. */
  private record Run(List<Row> rows, boolean whole) {}

  /**
   * The next entries after an id. Of a large stream, merged from all of its partitions: what each
   * gave, up to where the first of them has more to give.
   */
  private CompletionStage<Page> stream(Bytes key, Table table, String position) {
    String[] id =
        position.equals(KeyspaceView.START) ? new String[] {"-1", "-1"} : position.split("/", -1);
    int limit = Math.max(2, pages.rows() / partitions(table));
    List<Run> runs = Collections.synchronizedList(new ArrayList<>());
    RequestGroup group = link.group();
    for (int bucket = 0; bucket < partitions(table); bucket++) {
      int at = table.partitionColumns().size();
      BoundStatement select =
          partition(statements.of(table).after, table, key, bucket)
              .setBigInteger(at, new BigInteger(id[0]))
              .setBigInteger(at + 1, new BigInteger(id[1]))
              .setInt(at + 2, limit)
              .setPageSize(limit)
              .build();
      group.include(group.send(select).thenAccept(page -> runs.add(run(page, limit))));
    }
    return CassandraLink.explained(link.target(), group.done())
        .thenApply(done -> merged(table, runs));
  }

  private Run run(AsyncResultSet page, int limit) {
    pages.follow(page);
    List<Row> rows = new ArrayList<>();
    page.currentPage().forEach(rows::add);
    return new Run(rows, rows.size() < limit);
  }

  private static Page merged(Table table, List<Run> runs) {
    Comparator<Row> byId =
        Comparator.comparing((Row row) -> row.getBigInteger(0))
            .thenComparing(row -> row.getBigInteger(1));
    Row end =
        runs.stream()
            .filter(run -> !run.whole())
            .map(run -> run.rows().get(run.rows().size() - 1))
            .min(byId)
            .orElse(null);
    List<Bytes> parts = new ArrayList<>();
    runs.stream()
        .flatMap(run -> run.rows().stream())
        .filter(row -> end == null || byId.compare(row, end) <= 0)
        .sorted(byId)
        .forEach(row -> parts.addAll(RowContent.element(table, row)));
    return new Page(parts, end == null ? null : end.getBigInteger(0) + "/" + end.getBigInteger(1));
  }

  // ---- Fields

  /** As {@link KeyspaceView#lookup}, of a key in {@code table}. */
  CompletionStage<List<Bytes>> lookup(Bytes key, Table table, List<Bytes> fields) {
    Map<Integer, List<Bytes>> buckets = new HashMap<>();
    for (Bytes field : fields) {
      if (Names.fits(field)) {
        int bucket = table.isLarge() ? Names.bucket(field, Schema.LARGE_BUCKETS) : 0;
        buckets.computeIfAbsent(bucket, number -> new ArrayList<>()).add(field);
      }
    }
    Map<Bytes, Bytes> found = Collections.synchronizedMap(new HashMap<>());
    RequestGroup group = link.group();
    buckets.forEach(
        (bucket, some) -> {
          for (int from = 0; from < some.size(); from += FIELDS_MAX) {
            List<Bytes> asked = some.subList(from, Math.min(from + FIELDS_MAX, some.size()));
            BoundStatement select =
                partition(statements.of(table).fields, table, key, bucket)
                    .setBytesUnsafe(table.partitionColumns().size(), names(asked))
                    .build();
            group.include(group.send(select).thenAccept(rows -> add(found, table, rows)));
          }
        });
    return CassandraLink.explained(link.target(), group.done())
        .thenApply(done -> Arrays.asList(fields.stream().map(found::get).toArray(Bytes[]::new)));
  }

  private static ByteBuffer names(List<Bytes> fields) {
    return Elements.encoded(fields.stream().map(Names::encodedBytes).toList());
  }

  private static void add(Map<Bytes, Bytes> found, Table table, AsyncResultSet rows) {
    for (Row row : rows.currentPage()) {
      found.put(RowContent.field(table, row), RowContent.value(table, row));
    }
  }
}
