package io.replicator.redis.apply;

import io.replicator.redis.apply.FeedProgress.OpenKey;
import io.replicator.redis.apply.FeedProgress.Sweep;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import java.util.List;

/**
 * Turns a batch of a load into commands. Every key is replaced whole: a collection that spans
 * batches grows under the staging key, and is renamed onto its own in the transaction in which it
 * becomes complete.
 *
 * <p>Rows newer than the load are left out of it and come by the delta. So a collection may come
 * without its header: its fields are applied all the same, the delta brings the expiry. Or the
 * header may come without fields: a collection without fields cannot exist in Redis, so its expiry
 * is noted for the delta's fields.
 */
final class LoadPlan {
  private final TargetKeys keys;
  private final CommandWriter writer;
  private final boolean replacing;
  private OpenKey open;
  private boolean emptied;

  private LoadPlan(TargetKeys keys, FeedProgress progress, CommandWriter writer) {
    this.keys = keys;
    this.writer = writer;
    this.replacing = progress.sweep() == Sweep.MARKED;
    this.open = progress.open();
    this.emptied = progress.emptied();
  }

  /** Writes the batch and returns the progress after it, its cursor included. */
  static FeedProgress write(
      Batch batch, TargetKeys keys, FeedProgress progress, CommandWriter writer) {
    var plan = new LoadPlan(keys, progress, writer);
    plan.write(batch);
    return new FeedProgress(
        batch.to(), progress.sweep().after(batch.frontier()), plan.open, plan.emptied);
  }

  private void write(Batch batch) {
    List<VersionedRecord> records = batch.records();
    int from = 0;
    while (from < records.size()) {
      Bytes key = records.get(from).key();
      int to = from + 1;
      while (to < records.size() && records.get(to).key().equals(key)) {
        to++;
      }
      if (open != null && !open.key().equals(key)) {
        closeOpen();
      }
      key(key, records.subList(from, to), to == records.size() && batch.openKey());
      from = to;
    }
    if (open != null && !batch.openKey()) {
      closeOpen();
    }
    writer.barrier();
  }

  private void key(Bytes key, List<VersionedRecord> run, boolean staysOpen) {
    VersionedRecord first = run.get(0);
    if (replacing) {
      writer.forget(keys.stale(), key);
    }
    if (first instanceof VersionedRecord.Header header && !header.type().isCollection()) {
      switch (header.type()) {
        case STRING -> writer.string(key, header.value(), header.expiresAtMs());
        case LIST -> writer.list(key, header.value(), header.expiresAtMs());
        default -> writer.opaque(key, header.value(), header.expiresAtMs());
      }
      return;
    }
    long expiresAtMs = first instanceof VersionedRecord.Header header ? header.expiresAtMs() : 0;
    if (open != null || staysOpen) {
      stage(key, typeOf(first), expiresAtMs, run);
      return;
    }
    if (replacing) {
      writer.remove(key);
    }
    if (fields(key, run) == 0) {
      noteEmpty(key, expiresAtMs);
    } else if (expiresAtMs != 0) {
      writer.expire(key, expiresAtMs);
    }
  }

  private void stage(Bytes key, DataType type, long expiresAtMs, List<VersionedRecord> run) {
    if (open == null) {
      writer.barrier();
      writer.remove(keys.stage());
      open = new OpenKey(key, type, expiresAtMs, false);
    }
    if (fields(keys.stage(), run) > 0) {
      open = open.withStaged();
    }
  }

  private void closeOpen() {
    if (open.staged()) {
      writer.rename(keys.stage(), open.key());
      if (open.expiresAtMs() != 0) {
        writer.expire(open.key(), open.expiresAtMs());
      }
    } else {
      if (replacing) {
        writer.remove(open.key());
      }
      noteEmpty(open.key(), open.expiresAtMs());
    }
    open = null;
    writer.barrier();
  }

  private void noteEmpty(Bytes key, long expiresAtMs) {
    writer.ending(Request.of(Verb.HSET, keys.empty()).add(key).add(expiresAtMs));
    emptied = true;
  }

  private int fields(Bytes target, List<VersionedRecord> run) {
    int fields = 0;
    for (VersionedRecord record : run) {
      if (record instanceof VersionedRecord.Field field) {
        writer.field(target, field.type(), field.field(), field.value());
        fields++;
      } else if (!(record instanceof VersionedRecord.Header)) {
        throw new IllegalArgumentException("a load holds no tombstones: " + record.key());
      }
    }
    return fields;
  }

  private static DataType typeOf(VersionedRecord record) {
    if (record instanceof VersionedRecord.Header header) {
      return header.type();
    }
    if (record instanceof VersionedRecord.Field field) {
      return field.type();
    }
    throw new IllegalArgumentException("a load holds no tombstones: " + record.key());
  }
}
