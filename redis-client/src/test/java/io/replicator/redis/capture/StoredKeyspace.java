package io.replicator.redis.capture;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Database;
import io.replicator.store.PullLimits;
import io.replicator.store.Store;
import java.util.Map;
import java.util.TreeMap;

/** A database of a store, read as a client's load reads it. */
final class StoredKeyspace {
  private StoredKeyspace() {}

  /** Null while it changes under the read or holds its frontiers. */
  static Map<Bytes, MemoryStore.Entry> read(Store store, int number) {
    Database database = store.database(Integer.toString(number));
    Map<Bytes, MemoryStore.Entry> entries = new TreeMap<>();
    Cursor cursor = Cursor.NOTHING;
    while (!(cursor instanceof Cursor.At)) {
      Batch batch = database.pull(cursor, KeyFilter.ALL, PullLimits.DEFAULT);
      for (VersionedRecord record : batch.records()) {
        if (record instanceof VersionedRecord.Header header) {
          entries.put(
              header.key(),
              new MemoryStore.Entry(
                  header.type(), header.value(), header.expiresAtMs(), new TreeMap<>()));
        } else if (record instanceof VersionedRecord.Field field) {
          entries.get(field.key()).fields().put(field.field(), field.value());
        }
      }
      cursor = batch.to();
    }
    Batch rest = database.pull(cursor, KeyFilter.ALL, PullLimits.DEFAULT);
    return rest.frontier() && rest.records().isEmpty() ? entries : null;
  }
}
