package io.replicator.store;

/**
 * The headers of a database in key order, tombstones too, passing over fields. Confined to one
 * thread; holds native memory until closed.
 */
final class HeaderScan implements AutoCloseable {
  private static final int ROWS_BEFORE_SEEK = 8;

  private final RowScan rows;
  private final byte[] begin;
  private boolean begun;
  private byte[] row;
  private int terminator;

  HeaderScan(Tables tables, int database) {
    rows = tables.scan(tables.records, RowKey.databaseEnd(database));
    begin = RowKey.databaseBegin(database);
  }

  boolean next() {
    boolean found = begun ? rows.next() : rows.seek(begin);
    begun = true;
    for (int passed = 0; found; passed++) {
      row = rows.key();
      terminator = RowKey.terminator(row, 0);
      if (!RowKey.isField(row, terminator)) {
        return true;
      }
      found =
          passed < ROWS_BEFORE_SEEK ? rows.next() : rows.seek(RowKey.fieldsEnd(row, terminator));
    }
    return false;
  }

  byte[] row() {
    return row;
  }

  int terminator() {
    return terminator;
  }

  byte[] value() {
    return rows.value();
  }

  @Override
  public void close() {
    rows.close();
  }
}
