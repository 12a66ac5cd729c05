package io.replicator.cassandra.verify;

import com.datastax.oss.driver.api.core.cql.Row;
import io.replicator.cassandra.schema.Lifetime;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;

/**
 * That the directory says a key to be in a table.
 *
 * @param expiresAtMs of the key, 0 for never
 * @param life of the entry
 */
record DirectoryEntry(Bytes key, Table table, long expiresAtMs, RowLife life) {
  /** Null for what somebody else has put there. */
  static DirectoryEntry of(Row row, long nowMs) {
    Table table = Table.ofDirectory(row.getString(1));
    if (table == null || row.isNull(2)) {
      return null;
    }
    var life = new RowLife();
    if (row.isNull(3)) {
      life.addEndless();
    } else {
      life.add(row.getInt(3), nowMs);
    }
    return new DirectoryEntry(Names.decoded(row.getBytesUnsafe(0)), table, row.getLong(2), life);
  }

  boolean isLive(long nowMs) {
    return expiresAtMs == 0 || expiresAtMs > nowMs;
  }

  /** Whether rows may be gone already by the server's clock. */
  boolean isEnding(long nowMs) {
    return expiresAtMs != 0 && expiresAtMs <= nowMs + Lifetime.SAFETY_MS;
  }

  String flaw(long nowMs) {
    return life.flaw("its entry in the directory", expiresAtMs, Lifetime.DIRECTORY_GRACE_MS, nowMs);
  }
}
