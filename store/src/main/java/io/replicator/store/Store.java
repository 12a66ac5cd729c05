package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.Epoch;
import java.util.List;

/** A store, open: the databases of one hub in one directory. */
public interface Store extends AutoCloseable {
  Epoch epoch();

  /** The database of that name, made when there is none. */
  Database database(String name);

  List<Database> databases();

  /** The way in; one at a time. */
  CommitWriter writer();

  /** What {@link CommitWriter#checkpoint} stored last for {@code source}; empty when nothing. */
  Bytes checkpoint(String source);

  /**
   * A small durable value beside the data, such as a compression dictionary; empty when there is
   * none.
   */
  Bytes attachment(String name);

  void putAttachment(String name, Bytes value);

  /**
   * Drops tombstones that are too old or too many and moves the horizons. Called from time to time.
   */
  void dropTombstones(long nowMs);

  /**
   * Deletes the keys of {@code database} that are due, as commits of their own; for databases that
   * the hub owns.
   */
  int expireDue(String database, long nowMs, int keysMax);

  @Override
  void close();
}
