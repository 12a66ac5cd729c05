package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.Epoch;
import java.util.Collection;
import java.util.List;

/** A store, open: the databases of one hub in one directory. */
public interface Store extends AutoCloseable {
  Epoch epoch();

  /** The database of that name, made when there is none. */
  Database database(String name);

  List<Database> databases();

  /**
   * The way into every database that was not given to a writer of its own; one at a time. What the
   * hub captures is written by it.
   */
  CommitWriter writer();

  /**
   * A way into {@code databases}, made where they are missing, and nobody else's from now on:
   * whoever wrote them before can no longer. Its commits, its flushes and its {@linkplain
   * CommitWriter#holdFrontiers held frontiers} concern these databases alone, whatever the other
   * writers do meanwhile.
   *
   * @throws IllegalStateException if something is pending in one of them that is not flushed
   */
  CommitWriter writer(Collection<String> databases);

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
   * Deletes keys of {@code database} that are due, those due first before others, as commits of
   * their own; for databases that the hub owns. Looks at no other keys.
   *
   * @return how many; less than {@code keysMax} when no more are due
   */
  int expireDue(String database, long nowMs, int keysMax);

  /**
   * When the next key of {@code database} is due, in milliseconds since 1970, of those that are
   * flushed; {@link Long#MAX_VALUE} when none ever is.
   */
  long nextDue(String database);

  @Override
  void close();
}
