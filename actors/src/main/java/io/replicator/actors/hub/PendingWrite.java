package io.replicator.actors.hub;

import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.replication.Bytes;
import io.replicator.replication.Entry;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A write of an embedded database that waits for its turn, and who waits for its outcome. */
sealed interface PendingWrite {
  /** About what a write takes in memory beside its bytes, and each of its fields. */
  int OVERHEAD_BYTES = 200;

  String database();

  Bytes key();

  long expectedVersion();

  CompletableFuture<Outcome> answer();

  long sizeBytes();

  /** See {@link EmbeddedDatabases#put}. */
  record Put(
      String database,
      Entry entry,
      long expectedVersion,
      CompletableFuture<Outcome> answer,
      long sizeBytes)
      implements PendingWrite {
    @Override
    public Bytes key() {
      return entry.key();
    }
  }

  /** See {@link EmbeddedDatabases#delete}. */
  record Delete(String database, Bytes key, long expectedVersion, CompletableFuture<Outcome> answer)
      implements PendingWrite {
    @Override
    public long sizeBytes() {
      return (long) OVERHEAD_BYTES + key.length();
    }
  }

  static long sizeBytes(Entry entry) {
    long bytes = (long) OVERHEAD_BYTES + entry.key().length() + entry.value().length();
    for (Map.Entry<Bytes, Bytes> field : entry.fields().entrySet()) {
      bytes += (long) OVERHEAD_BYTES + field.getKey().length() + field.getValue().length();
    }
    return bytes;
  }
}
