package io.replicator.streams.send;

import io.replicator.replication.Bytes;
import io.replicator.replication.Epoch;
import io.replicator.store.CommitWriter;
import io.replicator.store.Database;
import io.replicator.store.Store;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A store of {@link LogDatabase}s, which are written to directly. */
final class LogStore implements Store {
  private final Map<String, LogDatabase> databases = new ConcurrentHashMap<>();
  private final Map<String, Bytes> attachments = new ConcurrentHashMap<>();

  @Override
  public Epoch epoch() {
    return LogDatabase.EPOCH;
  }

  @Override
  public LogDatabase database(String name) {
    return databases.computeIfAbsent(name, LogDatabase::new);
  }

  @Override
  public List<Database> databases() {
    return List.copyOf(databases.values());
  }

  @Override
  public CommitWriter writer() {
    throw new UnsupportedOperationException("databases are written to directly");
  }

  @Override
  public CommitWriter writer(Collection<String> databases) {
    return writer();
  }

  @Override
  public long nextDue(String database) {
    return Long.MAX_VALUE;
  }

  @Override
  public Bytes checkpoint(String source) {
    return Bytes.EMPTY;
  }

  @Override
  public Bytes attachment(String name) {
    return attachments.getOrDefault(name, Bytes.EMPTY);
  }

  @Override
  public void putAttachment(String name, Bytes value) {
    attachments.put(name, value);
  }

  @Override
  public void dropTombstones(long nowMs) {}

  @Override
  public int expireDue(String database, long nowMs, int keysMax) {
    return 0;
  }

  @Override
  public void close() {}
}
