package io.replicator.http.entries;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.store.Database;
import io.replicator.store.PullLimits;
import java.util.List;

/** Whether what a client keeps of a database is still what there is. */
final class UnchangedSince {
  /** A delta longer than that, though nothing in it matched, is no cheaper than a load. */
  private static final int ROWS_MAX = 1_000_000;

  private static final PullLimits ONE_RECORD = new PullLimits(1, 50_000);

  private UnchangedSince() {}

  /**
   * The cursor up to which nothing has changed that matches since one of {@code tags}; null where
   * something has, or where it takes too long to find out. Blocks on disk.
   */
  static Cursor.At any(Database database, List<String> tags, KeyFilter filter) {
    for (String tag : tags) {
      Cursor.At since = VersionTag.parse(tag);
      if (since != null && database.admit(since).cursor().equals(since)) {
        Cursor.At head = unchangedUpTo(database, since, filter);
        if (head != null) {
          return head;
        }
      }
    }
    return null;
  }

  private static Cursor.At unchangedUpTo(Database database, Cursor.At since, KeyFilter filter) {
    Cursor.At at = since;
    for (int rows = 0; rows < ROWS_MAX; rows += ONE_RECORD.rowsMax()) {
      long head = database.head();
      Batch batch = database.pull(at, filter, ONE_RECORD);
      boolean matched = !batch.records().isEmpty() || !batch.from().equals(at);
      if (matched || !(batch.to() instanceof Cursor.At to)) {
        return null;
      }
      if (to.version() >= head) {
        return to;
      }
      at = to;
    }
    return null;
  }
}
