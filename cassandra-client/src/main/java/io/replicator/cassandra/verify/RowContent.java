package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.schema.Elements;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A row as its table's {@code rowColumns} and {@code valueColumns} were selected, in that order, in
 * the form in which values are compared.
 */
final class RowContent {
  /** What {@code DUMP} ends with differs between releases of Redis. */
  static final int DUMP_FOOTER_BYTES = 10;

  private RowContent() {}

  /** Of a hash, set or zset the field or member, of a stream the id as text. */
  static Bytes field(Table table, Row row) {
    return switch (table.type()) {
      case STREAM -> Bytes.utf8(number(row, 0) + "-" + number(row, 1));
      default -> Names.decoded(row.getBytesUnsafe(0));
    };
  }

  /** Of a large table's row the bucket that it belongs in. */
  static int bucket(Table table, Row row) {
    Bytes name = field(table, row);
    if (table.type() == DataType.STREAM) {
      byte[] id = new byte[2 * Long.BYTES];
      ByteBuffer.wrap(id).putLong(number(row, 0).longValue()).putLong(number(row, 1).longValue());
      name = Bytes.wrap(id);
    }
    return Names.bucket(name, Schema.LARGE_BUCKETS);
  }

  /**
   * What is compared of a collection's row: of a hash or zset the field and its value, of a set the
   * member, of a stream the id, the number of names and values, and these.
   */
  static List<Bytes> element(Table table, Row row) {
    return switch (table.type()) {
      case SET -> List.of(field(table, row));
      case STREAM -> {
        List<Bytes> pairs = elements(table, row);
        List<Bytes> element = new ArrayList<>(pairs.size() + 2);
        element.add(field(table, row));
        element.add(Bytes.utf8(Integer.toString(pairs.size())));
        element.addAll(pairs);
        yield element;
      }
      default -> List.of(field(table, row), value(table, row));
    };
  }

  private static BigInteger number(Row row, int column) {
    return row.getBigInteger(column);
  }

  /** Of a hash the value, of a zset the score as text, of a set nothing. */
  static Bytes value(Table table, Row row) {
    return switch (table.type()) {
      case HASH -> textOrBytes(row, 1);
      case ZSET -> Bytes.utf8(Double.toString(row.getDouble(1)));
      default -> Bytes.EMPTY;
    };
  }

  /** Of a list its elements, of a stream's entry its names and values. */
  static List<Bytes> elements(Table table, Row row) {
    int column = table.rowColumns().size();
    List<Bytes> text = Elements.decoded(row.getBytesUnsafe(column));
    return text.isEmpty() ? Elements.decoded(row.getBytesUnsafe(column + 1)) : text;
  }

  /** The bytes of a string, or of an opaque value without its footer. */
  static Bytes bytes(Table table, Row row) {
    if (table != Table.OPAQUES) {
      return textOrBytes(row, 0);
    }
    Bytes payload = bytes(row.getBytesUnsafe(0));
    return payload.slice(0, Math.max(0, payload.length() - DUMP_FOOTER_BYTES));
  }

  private static Bytes textOrBytes(Row row, int column) {
    Bytes text = bytes(row.getBytesUnsafe(column));
    return text.isEmpty() ? bytes(row.getBytesUnsafe(column + 1)) : text;
  }

  private static Bytes bytes(ByteBuffer buffer) {
    if (buffer == null) {
      return Bytes.EMPTY;
    }
    if (buffer.hasArray()) {
      return Bytes.wrap(
          buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
    }
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return Bytes.wrap(bytes);
  }
}
