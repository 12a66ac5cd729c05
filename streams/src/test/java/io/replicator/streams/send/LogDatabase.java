package io.replicator.streams.send;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Admission;
import io.replicator.store.Database;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.DatabaseStats;
import io.replicator.store.PullLimits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A compacted log of strings in memory: just enough of a database to drive a session with. */
final class LogDatabase implements Database {
  static final Epoch EPOCH = new Epoch(7);

  private final String name;
  private final TreeMap<Long, Bytes> log = new TreeMap<>();
  private final Map<Bytes, VersionedRecord.Header> records = new HashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private long head;
  private RuntimeException failure;
  final AtomicInteger pulls = new AtomicInteger();

  LogDatabase(String name) {
    this.name = name;
  }

  void set(String key, byte[] value) {
    synchronized (this) {
      Bytes k = Bytes.utf8(key);
      head++;
      VersionedRecord.Header before =
          records.put(
              k,
              new VersionedRecord.Header(
                  k, DataType.STRING, Bytes.wrap(value), 0, true, head, head));
      if (before != null) {
        log.remove(before.version());
      }
      log.put(head, k);
    }
    listeners.forEach(Runnable::run);
  }

  synchronized void failNextPull(RuntimeException e) {
    failure = e;
  }

  void set(String key, String value) {
    set(key, value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized long head() {
    return head;
  }

  @Override
  public synchronized DatabaseStats stats() {
    return new DatabaseStats(records.size(), head, 0, 0, 0, false);
  }

  @Override
  public Admission admit(Cursor cursor) {
    return cursor instanceof Cursor.At at && !at.epoch().equals(EPOCH)
        ? new Admission(Cursor.NOTHING, "another epoch")
        : new Admission(cursor, "");
  }

  @Override
  public synchronized Batch pull(Cursor from, KeyFilter filter, PullLimits limits) {
    pulls.incrementAndGet();
    if (failure != null) {
      RuntimeException e = failure;
      failure = null;
      throw e;
    }
    long after = from instanceof Cursor.At at ? at.version() : 0;
    List<VersionedRecord> found = new ArrayList<>();
    long to = head;
    int bytes = 0;
    int passedOver = 0;
    for (var row : log.tailMap(after, false).entrySet()) {
      if (bytes >= limits.bytesMax()) {
        to = row.getKey() - 1;
        break;
      }
      if (filter.matches(row.getValue())) {
        VersionedRecord record = records.get(row.getValue());
        bytes += record.sizeBytes();
        found.add(record);
      } else {
        passedOver++;
      }
    }
    return new Batch(from, new Cursor.At(EPOCH, to), to == head, false, found, passedOver);
  }

  @Override
  public DatabaseSnapshot snapshot() {
    throw new UnsupportedOperationException("sessions need none");
  }

  @Override
  public AutoCloseable onHeadMoved(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  int listeners() {
    return listeners.size();
  }
}
