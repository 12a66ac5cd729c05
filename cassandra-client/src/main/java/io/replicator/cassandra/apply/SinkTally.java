package io.replicator.cassandra.apply;

import io.replicator.replication.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a sink has done since it was made, for meters; and the recognition of collections that are
 * used as queues, whose deleted fields make reading slow. Thread-safe.
 */
public final class SinkTally {
  private static final Logger log = LoggerFactory.getLogger(SinkTally.class);

  /** As many tombstones in one read are what Cassandra warns of tenfold. */
  private static final long QUEUE_DELETES = 10_000;

  /** Collections whose deletes are counted at a time. */
  private static final int QUEUES_MAX = 1_024;

  private final AtomicLong rows = new AtomicLong();
  private final AtomicLong entries = new AtomicLong();
  private final AtomicLong deletedKeys = new AtomicLong();
  private final AtomicLong deletedFields = new AtomicLong();
  private final AtomicLong revived = new AtomicLong();
  private final AtomicLong lapsed = new AtomicLong();
  private final AtomicLong lookedUp = new AtomicLong();
  private final AtomicLong swept = new AtomicLong();
  private final AtomicLong queues = new AtomicLong();

  private record Collection(int database, Bytes key) {}

  /** Deletes less what was forgotten: never more than there were. Guarded by itself. */
  private final Map<Collection, Long> deletes = new HashMap<>();

  void rows(int count) {
    rows.addAndGet(count);
  }

  void entries(int count) {
    entries.addAndGet(count);
  }

  void deletedKeys(int count) {
    deletedKeys.addAndGet(count);
  }

  void revived(int count) {
    revived.addAndGet(count);
  }

  void lapsed(int count) {
    lapsed.addAndGet(count);
  }

  void lookedUp(int count) {
    lookedUp.addAndGet(count);
  }

  void swept(long count) {
    swept.addAndGet(count);
  }

  void deletedFields(int database, Bytes key, int count) {
    if (count == 0) {
      return;
    }
    deletedFields.addAndGet(count);
    synchronized (deletes) {
      var collection = new Collection(database, key.compact());
      long before = deletes.getOrDefault(collection, 0L);
      if (before == 0 && deletes.size() >= QUEUES_MAX) {
        forget();
      }
      deletes.put(collection, before + count);
      if (before < QUEUE_DELETES && before + count >= QUEUE_DELETES) {
        queues.incrementAndGet();
        log.warn(
            "collection {} of database {} is used like a queue: its deleted fields stay as"
                + " tombstones for gc_grace_seconds, and reading it gets slow",
            key,
            database);
      }
    }
  }

  /** As Misra and Gries: what is deleted from often stays, the rest makes room. */
  private void forget() {
    deletes.replaceAll((collection, count) -> count >= QUEUE_DELETES ? count : count - 1);
    deletes.values().removeIf(count -> count <= 0);
    if (deletes.size() >= QUEUES_MAX) {
      deletes.clear();
    }
  }

  /** Rows of data written. */
  public long rows() {
    return rows.get();
  }

  /** Entries of the directory written. */
  public long entries() {
    return entries.get();
  }

  /** Range tombstones: keys deleted or replaced. */
  public long deletedKeys() {
    return deletedKeys.get();
  }

  /** Row tombstones. */
  public long deletedFields() {
    return deletedFields.get();
  }

  /** Rows written again because the expiry of their collection changed. */
  public long revived() {
    return revived.get();
  }

  /** Changes of collections that had already expired at the target. */
  public long lapsed() {
    return lapsed.get();
  }

  /** Keys that the directory was asked for. */
  public long lookedUp() {
    return lookedUp.get();
  }

  /** Keys removed after reset loads. */
  public long swept() {
    return swept.get();
  }

  /** Collections that were recognised as queues. */
  public long queues() {
    return queues.get();
  }
}
