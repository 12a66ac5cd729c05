package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/** Checks that the rows of a store agree with each other. */
final class StoredRows {
  private StoredRows() {}

  static int count(RocksStore store, RowBatch.ColumnFamily family, String database) {
    int id = ((RocksDatabase) store.database(database)).id();
    int rows = 0;
    try (RowScan scan = store.tables().scan(family, RowKey.databaseEnd(id))) {
      for (boolean found = scan.seek(RowKey.databaseBegin(id)); found; found = scan.next()) {
        rows++;
      }
    }
    return rows;
  }

  static void check(RocksStore store, String name) {
    Tables tables = store.tables();
    RocksDatabase database = (RocksDatabase) store.database(name);
    int id = database.id();
    byte[] begin = RowKey.databaseBegin(id);
    byte[] end = RowKey.databaseEnd(id);
    checkRecords(tables, database, id, begin, end);
    try (RowScan log = tables.scan(tables.log, end)) {
      for (boolean found = log.seek(begin); found; found = log.next()) {
        checkLogRow(tables, database, RowKey.number(log.key()), log.value());
      }
    }
    assertThat((long) count(store, tables.graves, name))
        .as("graves")
        .isEqualTo(database.stats().tombstones());
    try (RowScan expiry = tables.scan(tables.expiry, end)) {
      for (boolean found = expiry.seek(begin); found; found = expiry.next()) {
        byte[] header = tables.get(tables.records, RowKey.headerOfExpiry(expiry.key()));
        assertThat(header).isNotNull();
        assertThat(RecordRow.decode(header, true).expiresAtMs())
            .isEqualTo(RowKey.number(expiry.key()));
      }
    }
  }

  private static void checkRecords(
      Tables tables, RocksDatabase database, int id, byte[] begin, byte[] end) {
    long keys = 0;
    byte[] headerRow = null;
    RecordRow header = null;
    long fields = 0;
    long fieldBytes = 0;
    try (RowScan rows = tables.scan(tables.records, end)) {
      for (boolean found = rows.seek(begin); found; found = rows.next()) {
        byte[] row = rows.key();
        int terminator = RowKey.terminator(row, 0);
        boolean field = RowKey.isField(row, terminator);
        RecordRow record = RecordRow.decode(rows.value(), !field);
        assertThat(record.encode()).isEqualTo(rows.value());
        byte[] log = tables.get(tables.log, RowKey.versioned(id, record.version()));
        assertThat(log).as("log row of %s", record).isNotNull();
        assertThat(LogRow.recordRow(log)).isEqualTo(row);
        assertThat(LogRow.isTombstone(log)).isEqualTo(record.tombstone());
        if (record.tombstone()) {
          assertThat(tables.get(tables.graves, RowKey.versioned(id, record.version()))).isNotNull();
        }
        if (record.expiresAtMs() != 0) {
          assertThat(tables.get(tables.expiry, RowKey.expiry(record.expiresAtMs(), row)))
              .isNotNull();
        }
        if (field) {
          assertThat(header).isNotNull();
          assertThat(Arrays.equals(row, 0, terminator, headerRow, 0, headerRow.length - 2))
              .isTrue();
          assertThat(record.generation()).isEqualTo(header.generation());
          if (!record.tombstone()) {
            fields++;
            fieldBytes += row.length - terminator - 2 + record.value().length();
          }
        } else {
          checkCounts(header, fields, fieldBytes);
          header = record;
          headerRow = row;
          fields = 0;
          fieldBytes = 0;
          keys += record.tombstone() ? 0 : 1;
          if (record.hasGenerationRow()) {
            assertThat(tables.get(tables.log, RowKey.versioned(id, record.generation())))
                .isNotNull();
          }
        }
      }
    }
    checkCounts(header, fields, fieldBytes);
    assertThat(database.stats().keys()).isEqualTo(keys);
  }

  private static void checkCounts(RecordRow header, long fields, long fieldBytes) {
    if (header != null && header.isCollection()) {
      assertThat(header.fields()).isEqualTo(fields);
      assertThat(header.fieldBytes()).isEqualTo(fieldBytes);
    }
  }

  private static void checkLogRow(
      Tables tables, RocksDatabase database, long version, byte[] value) {
    byte[] row = LogRow.recordRow(value);
    byte[] stored = tables.get(tables.records, row);
    boolean stale = true;
    if (stored != null) {
      RecordRow record = RecordRow.decode(stored, !LogRow.isField(value));
      stale =
          record.version() != version && !(record.isCollection() && record.generation() == version);
    }
    if (stale) {
      assertThat(LogRow.isField(value)).as("stale log row of a header at %s", version).isTrue();
      assertThat(database.staleGenerations()).containsKey(LogRow.generation(value, version));
    }
  }
}
