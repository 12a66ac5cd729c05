package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;

/**
 * How many rows to ask for at once, so that a page is about as many bytes as is wanted, whatever
 * the rows are like: begins with few, follows what came, at most twice as many each time.
 * Partitions come in the order of hashes, so what comes next is like what came. Thread-safe.
 */
final class PageSize {
  private static final int BYTES = 512 << 10;
  private static final int ROWS_MIN = 2;
  private static final int ROWS_FIRST = 100;
  private static final int ROWS_MAX = 5_000;

  private int rows = ROWS_FIRST;

  synchronized int rows() {
    return rows;
  }

  /** A page that came. */
  void follow(AsyncResultSet page) {
    follow(page.remaining(), page.getExecutionInfo().getResponseSizeInBytes());
  }

  /**
   * @param bytes of the answer, negative for unknown
   */
  synchronized void follow(int rowsCame, long bytes) {
    if (rowsCame > 0 && bytes > 0) {
      long fitting = (long) BYTES * rowsCame / bytes;
      rows = (int) Math.max(ROWS_MIN, Math.min(Math.min(fitting, 2L * rows), ROWS_MAX));
    }
  }
}
