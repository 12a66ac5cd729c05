package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.CommitWriter;
import java.util.Map;

/**
 * Writes a snapshot's keys into the databases that are captured, in commits of bounded size.
 * Confined to the capturing thread, but for the counter.
 */
final class SnapshotLoader implements RdbReader.Visitor {
  private static final int KEYS_MAX = 500;
  private static final int FIELDS_MAX = 4096;
  private static final long BYTES_MAX = 1 << 20;

  private final Map<Integer, CapturedDatabase> databases;
  private final CommitWriter writer;
  private final Unsupported unsupported;
  private final KeyWriter keys;
  private boolean own;
  private int keysPending;
  private int fieldsPending;
  private int streamDatabase;
  private volatile long loadedKeys;

  SnapshotLoader(
      Map<Integer, CapturedDatabase> databases, CommitWriter writer, Unsupported unsupported) {
    this.databases = databases;
    this.writer = writer;
    this.unsupported = unsupported;
    this.keys = new KeyWriter(unsupported);
  }

  /** Any thread. */
  long loadedKeys() {
    return loadedKeys;
  }

  /** The database in which the commands after the snapshot begin. */
  int streamDatabaseNumber() {
    return streamDatabase;
  }

  @Override
  public boolean database(long number) {
    CapturedDatabase database = databases.get((int) number);
    if (database != null) {
      keys.into(database);
    }
    return database != null;
  }

  @Override
  public void streamDatabase(int number) {
    streamDatabase = number;
  }

  @Override
  public void single(Bytes key, DataType type, Bytes value, long expiresAtMs) {
    if (!isOwn(key)) {
      keys.single(key, type, value, expiresAtMs);
      loaded();
    }
  }

  @Override
  public void beginCollection(Bytes key, DataType type, long expiresAtMs) {
    own = isOwn(key);
    if (!own) {
      keys.beginCollection(key, type, expiresAtMs);
    }
  }

  @Override
  public void field(Bytes field, Bytes value) {
    if (!own) {
      keys.field(field, value);
      if (++fieldsPending >= FIELDS_MAX) {
        flushWhenLarge();
      }
    }
  }

  @Override
  public void endCollection() {
    if (!own) {
      keys.endCollection();
      loaded();
    }
  }

  @Override
  public void withheld(Bytes key, DataType type, long bytes) {
    if (!CommandInterpreter.isOwn(key)) {
      keys.withheld(key, type, bytes);
    }
  }

  @Override
  public void unsupported(String kind, Bytes key) {
    if (!CommandInterpreter.isOwn(key)) {
      keys.unsupported(kind, key);
    }
  }

  private boolean isOwn(Bytes key) {
    if (!CommandInterpreter.isOwn(key)) {
      return false;
    }
    unsupported.count("keys of the product itself", key.toString());
    return true;
  }

  private void loaded() {
    long before = loadedKeys;
    loadedKeys = before + 1;
    if (++keysPending >= KEYS_MAX || (keysPending & 15) == 0) {
      flushWhenLarge();
    }
  }

  private void flushWhenLarge() {
    fieldsPending = 0;
    if (keysPending >= KEYS_MAX || writer.pendingBytes() >= BYTES_MAX) {
      keysPending = 0;
      writer.endCommit();
      writer.flush(false);
    }
  }
}
