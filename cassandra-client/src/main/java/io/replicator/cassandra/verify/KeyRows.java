package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.schema.Lifetime;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.streams.verify.KeyImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The rows of one key in one table, as they come in. Their values are held as long as they are few
 * and small; after that they are counted. Confined to one thread at a time.
 */
final class KeyRows {
  private static final int ELEMENTS_MAX = 500;
  private static final int STRING_BYTES_MAX = 64 << 10;
  private static final int BYTES_MAX = 1 << 20;

  /** What a few bytes take beyond themselves, as objects. */
  private static final int PART_OVERHEAD = 64;

  private final Table table;
  private final Bytes key;
  private final RowLife life = new RowLife();

  /** Of each row what is compared; null when there is too much of it. */
  private List<List<Bytes>> elements = new ArrayList<>(1);

  private long size;
  private int bytes;
  private String misplaced;

  KeyRows(Table table, Bytes key) {
    this.table = table;
    this.key = key;
  }

  Table table() {
    return table;
  }

  Bytes key() {
    return key;
  }

  boolean isEmpty() {
    return size == 0 && elements != null && elements.isEmpty();
  }

  /** About how many bytes are held. */
  int bytes() {
    return elements == null ? 0 : bytes;
  }

  /**
   * @param bucket of the partition, 0 for a table without
   */
  void add(Row row, int bucket, long nowMs) {
    addLife(row, nowMs);
    switch (table.type()) {
      case STRING -> {
        Bytes value = RowContent.bytes(table, row);
        size = value.length();
        hold(List.of(value), value.length(), value.length() <= STRING_BYTES_MAX);
      }
      case OPAQUE -> {
        Bytes value = RowContent.bytes(table, row);
        size = (long) value.length() + RowContent.DUMP_FOOTER_BYTES;
        hold(List.of(value), value.length(), true);
      }
      case LIST -> {
        List<Bytes> items = RowContent.elements(table, row);
        size = items.size();
        hold(items, sum(items), size <= ELEMENTS_MAX);
      }
      default -> {
        size++;
        if (table.isLarge() && RowContent.bucket(table, row) != bucket && misplaced == null) {
          misplaced =
              "field "
                  + RowContent.field(table, row)
                  + " is in bucket "
                  + bucket
                  + ", where nobody looks for it ("
                  + RowContent.bucket(table, row)
                  + " of "
                  + Schema.LARGE_BUCKETS
                  + " is its)";
        }
        if (elements != null) {
          List<Bytes> element = RowContent.element(table, row);
          hold(element, sum(element), size <= ELEMENTS_MAX);
        }
      }
    }
  }

  private void addLife(Row row, long nowMs) {
    if (table.valueColumns().isEmpty()) {
      return;
    }
    int ttl = table.rowColumns().size() + table.valueColumns().size();
    if (row.isNull(ttl)) {
      life.addEndless();
    } else {
      life.add(row.getInt(ttl), nowMs);
    }
  }

  private void hold(List<Bytes> element, int elementBytes, boolean small) {
    bytes += elementBytes;
    if (!small || (bytes > BYTES_MAX && table != Table.OPAQUES)) {
      elements = null;
    } else if (elements != null) {
      elements.add(element);
    }
  }

  private static int sum(List<Bytes> element) {
    int sum = PART_OVERHEAD * element.size();
    for (Bytes part : element) {
      sum += part.length();
    }
    return sum;
  }

  /**
   * What the key holds if it is the one that {@code entry} says it is; with a flaw where the two do
   * not fit.
   */
  KeyImage image(DirectoryEntry entry, long nowMs) {
    String flaw = misplaced;
    if (flaw == null && !table.valueColumns().isEmpty()) {
      long graceMs = table.type().isCollection() ? Lifetime.COLLECTION_GRACE_MS : 0;
      flaw = life.flaw("a row", entry.expiresAtMs(), graceMs, nowMs);
    }
    if (flaw == null) {
      flaw = entry.flaw(nowMs);
    }
    return new KeyImage(table.type(), size, entry.expiresAtMs(), parts(), flaw);
  }

  /** The same of rows that nobody knows of. */
  KeyImage unknown() {
    return new KeyImage(
        table.type(),
        size,
        0,
        null,
        "rows in table " + table.tableName() + " of which the directory knows nothing");
  }

  private List<Bytes> parts() {
    if (elements == null) {
      return null;
    }
    if (table.type() == DataType.STREAM) {
      if (table.isLarge()) {
        elements.sort(Comparator.comparing(element -> element.get(0), KeyRows::compareIds));
      }
    } else if (table.type().isCollection()) {
      elements.sort(Comparator.comparing(element -> element.get(0)));
    }
    List<Bytes> parts = new ArrayList<>();
    elements.forEach(parts::addAll);
    return parts;
  }

  private static int compareIds(Bytes a, Bytes b) {
    String[] left = a.asUtf8().split("-", -1);
    String[] right = b.asUtf8().split("-", -1);
    int ms = Long.compareUnsigned(unsigned(left[0]), unsigned(right[0]));
    return ms != 0 ? ms : Long.compareUnsigned(unsigned(left[1]), unsigned(right[1]));
  }

  private static long unsigned(String number) {
    return Long.parseUnsignedLong(number);
  }
}
