package io.replicator.redis.capture;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Admission;
import io.replicator.store.CommitWriter;
import io.replicator.store.Database;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.DatabaseStats;
import io.replicator.store.KeyspaceWriter;
import io.replicator.store.PullLimits;
import io.replicator.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A store as a plain map: what a {@link KeyspaceWriter} promises, without versions, disk or
 * rollback. Counts the changes that would have become versions. The writer is confined to one
 * thread; {@link #snapshot} may be asked from any.
 */
final class MemoryStore implements Store {
  /** A key; never modified once it is in the map, but for its fields. */
  record Entry(DataType type, Bytes value, long expiresAtMs, NavigableMap<Bytes, Bytes> fields) {}

  private final Map<String, Keyspace> keyspaces = new TreeMap<>();
  private final Map<String, Bytes> checkpoints = new HashMap<>();
  private final Map<String, Bytes> pendingCheckpoints = new HashMap<>();
  final AtomicLong changes = new AtomicLong();
  final AtomicLong commits = new AtomicLong();
  final AtomicLong flushes = new AtomicLong();
  private final AtomicLong pendingBytes = new AtomicLong();
  volatile boolean held;
  final AtomicLong loads = new AtomicLong();
  volatile Runnable beforeFlush = () -> {};

  synchronized Map<Bytes, Entry> snapshot(String database) {
    Map<Bytes, Entry> copy = new TreeMap<>();
    keyspace(database)
        .entries
        .forEach(
            (key, e) ->
                copy.put(key, new Entry(e.type, e.value, e.expiresAtMs, new TreeMap<>(e.fields))));
    return copy;
  }

  synchronized Keyspace keyspace(String name) {
    return keyspaces.computeIfAbsent(name, Keyspace::new);
  }

  @Override
  public Epoch epoch() {
    return new Epoch(1);
  }

  @Override
  public Database database(String name) {
    return keyspace(name);
  }

  @Override
  public List<Database> databases() {
    return List.copyOf(keyspaces.values());
  }

  @Override
  public CommitWriter writer() {
    return new Writer();
  }

  @Override
  public synchronized Bytes checkpoint(String source) {
    return checkpoints.getOrDefault(source, Bytes.EMPTY);
  }

  @Override
  public Bytes attachment(String name) {
    return Bytes.EMPTY;
  }

  @Override
  public void putAttachment(String name, Bytes value) {}

  @Override
  public void dropTombstones(long nowMs) {}

  @Override
  public int expireDue(String database, long nowMs, int keysMax) {
    return 0;
  }

  @Override
  public long nextDue(String database) {
    return Long.MAX_VALUE;
  }

  @Override
  public CommitWriter writer(Collection<String> databases) {
    throw new UnsupportedOperationException("captures write by the store's own writer");
  }

  @Override
  public void close() {}

  private final class Writer implements CommitWriter {
    @Override
    public KeyspaceWriter database(String name) {
      return keyspace(name);
    }

    @Override
    public void endCommit() {
      commits.incrementAndGet();
    }

    @Override
    public long pendingBytes() {
      return pendingBytes.get();
    }

    @Override
    public void checkpoint(String source, Bytes position) {
      pendingCheckpoints.put(source, position);
    }

    @Override
    public void beginLoad(String database) {
      loads.incrementAndGet();
      keyspace(database).seen = new HashSet<>();
    }

    @Override
    public void endLoad(String database) {
      Keyspace keyspace = keyspace(database);
      for (Bytes key : List.copyOf(keyspace.entries.keySet())) {
        if (!keyspace.seen.contains(key)) {
          keyspace.delete(key);
        }
      }
      keyspace.seen = null;
    }

    @Override
    public void holdFrontiers(boolean hold) {
      held = hold;
    }

    @Override
    public void flush(boolean sync) {
      beforeFlush.run();
      synchronized (MemoryStore.this) {
        checkpoints.putAll(pendingCheckpoints);
        pendingCheckpoints.clear();
      }
      pendingBytes.set(0);
      flushes.incrementAndGet();
    }
  }

  /** One database. */
  final class Keyspace implements KeyspaceWriter, Database {
    private final String name;
    private final NavigableMap<Bytes, Entry> entries = new TreeMap<>();
    private Set<Bytes> seen;

    private Keyspace(String name) {
      this.name = name;
    }

    @Override
    public KeyState key(Bytes key) {
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        return entry == null
            ? null
            : new KeyState(entry.type, entry.value, entry.expiresAtMs, entry.fields.size());
      }
    }

    @Override
    public long version(Bytes key) {
      throw new UnsupportedOperationException("captures do not ask for versions");
    }

    @Override
    public long put(io.replicator.replication.Entry entry) {
      throw new UnsupportedOperationException("captures write by the command");
    }

    @Override
    public Bytes field(Bytes key, Bytes field) {
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.fields.get(field);
      }
    }

    @Override
    public void forEachField(Bytes key, Bytes fromField, FieldVisitor visitor) {
      Map<Bytes, Bytes> fields;
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        fields = entry == null ? Map.of() : entry.fields.tailMap(fromField, true);
      }
      // A visitor that writes fails here, as it must not.
      for (Map.Entry<Bytes, Bytes> field : fields.entrySet()) {
        if (!visitor.field(field.getKey(), field.getValue())) {
          return;
        }
      }
    }

    @Override
    public void putValue(Bytes key, DataType type, Bytes value, long expiresAtMs) {
      pendingBytes.addAndGet(value.length());
      put(key, new Entry(type, value.compact(), expiresAtMs, new TreeMap<>()));
    }

    @Override
    public void putField(Bytes key, DataType type, Bytes field, Bytes value) {
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        if (entry == null || entry.type != type) {
          entry = new Entry(type, Bytes.EMPTY, 0, new TreeMap<>());
          entries.put(key.compact(), entry);
        }
        saw(key);
        if (!value.equals(entry.fields.put(field.compact(), value.compact()))) {
          changes.incrementAndGet();
        }
      }
    }

    @Override
    public void removeField(Bytes key, Bytes field) {
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        if (entry != null && entry.fields.remove(field) != null) {
          changes.incrementAndGet();
        }
      }
    }

    @Override
    public void replaceCollection(
        Bytes key, DataType type, Map<Bytes, Bytes> fields, long expiresAtMs) {
      put(key, new Entry(type, Bytes.EMPTY, expiresAtMs, new TreeMap<>(fields)));
    }

    @Override
    public void expire(Bytes key, long expiresAtMs) {
      synchronized (MemoryStore.this) {
        Entry entry = entries.get(key);
        if (entry != null) {
          put(key, new Entry(entry.type, entry.value, expiresAtMs, entry.fields));
        }
      }
    }

    @Override
    public void delete(Bytes key) {
      synchronized (MemoryStore.this) {
        if (entries.remove(key) != null) {
          changes.incrementAndGet();
        }
      }
    }

    @Override
    public void deleteAll() {
      synchronized (MemoryStore.this) {
        changes.addAndGet(entries.size());
        entries.clear();
      }
    }

    private void put(Bytes key, Entry entry) {
      synchronized (MemoryStore.this) {
        saw(key);
        if (!entry.equals(entries.put(key.compact(), entry))) {
          changes.incrementAndGet();
        }
      }
    }

    private void saw(Bytes key) {
      if (seen != null) {
        seen.add(key.compact());
      }
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long head() {
      return changes.get();
    }

    @Override
    public DatabaseStats stats() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Admission admit(Cursor cursor) {
      throw new UnsupportedOperationException();
    }

    /** Always everything, in one batch. */
    @Override
    public Batch pull(Cursor from, KeyFilter filter, PullLimits limits) {
      List<VersionedRecord> records = new ArrayList<>();
      MemoryStore.this
          .snapshot(name)
          .forEach(
              (key, e) -> {
                records.add(
                    new VersionedRecord.Header(key, e.type, e.value, e.expiresAtMs, true, 0, 0));
                e.fields.forEach(
                    (field, value) ->
                        records.add(new VersionedRecord.Field(key, e.type, field, value, 0, 0)));
              });
      return new Batch(
          from,
          new Cursor.At(epoch(), head()),
          !held,
          false,
          from instanceof Cursor.At ? List.of() : records);
    }

    @Override
    public DatabaseSnapshot snapshot() {
      throw new UnsupportedOperationException("captures need none");
    }

    @Override
    public AutoCloseable onHeadMoved(Runnable listener) {
      throw new UnsupportedOperationException();
    }
  }
}
