package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.store.KeyspaceWriter.FieldVisitor;
import io.replicator.store.PendingKey.PendingField;
import java.util.Iterator;
import java.util.Map;

/** The live fields of a key in byte order: those stored, with the overlay on top. */
final class FieldWalk {
  private final Tables tables;
  private final PendingKey entry;

  FieldWalk(Tables tables, PendingKey entry) {
    this.tables = tables;
    this.entry = entry;
  }

  void forEach(Bytes fromField, FieldVisitor visitor) {
    Iterator<Map.Entry<Bytes, PendingField>> pending =
        entry.fields.tailMap(fromField, true).entrySet().iterator();
    if (!entry.hasStoredFields()) {
      forEachPending(next(pending), pending, visitor);
      return;
    }
    try (RowScan rows = tables.scan(tables.records, RowKey.fieldsEnd(entry.row))) {
      Map.Entry<Bytes, PendingField> upcoming = next(pending);
      boolean found = rows.seek(RowKey.field(entry.row, fromField));
      for (; found; found = rows.next()) {
        Bytes field = RowKey.field(rows.key(), entry.row.length - 2);
        int order = upcoming == null ? 1 : upcoming.getKey().compareTo(field);
        while (order < 0) {
          if (!visit(upcoming, visitor)) {
            return;
          }
          upcoming = next(pending);
          order = upcoming == null ? 1 : upcoming.getKey().compareTo(field);
        }
        if (order == 0) {
          if (!visit(upcoming, visitor)) {
            return;
          }
          upcoming = next(pending);
        } else {
          RecordRow record = RecordRow.decode(rows.value(), false);
          if (!record.tombstone() && !visitor.field(field, record.value())) {
            return;
          }
        }
      }
      forEachPending(upcoming, pending, visitor);
    }
  }

  private static void forEachPending(
      Map.Entry<Bytes, PendingField> first,
      Iterator<Map.Entry<Bytes, PendingField>> rest,
      FieldVisitor visitor) {
    Map.Entry<Bytes, PendingField> upcoming = first;
    while (upcoming != null && visit(upcoming, visitor)) {
      upcoming = next(rest);
    }
  }

  private static boolean visit(Map.Entry<Bytes, PendingField> field, FieldVisitor visitor) {
    RecordRow record = field.getValue().live();
    return record == null || visitor.field(field.getKey(), record.value());
  }

  private static Map.Entry<Bytes, PendingField> next(
      Iterator<Map.Entry<Bytes, PendingField>> fields) {
    return fields.hasNext() ? fields.next() : null;
  }
}
