package io.replicator.actors.hub;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Entry;
import java.util.concurrent.CompletionStage;

/**
 * The way into the databases that a hub owns itself. Any thread.
 *
 * <p>A write is durable when its stage completes: the disk has it. Writes that come together share
 * one write of the disk. They are ordered as they were called by one thread.
 */
public interface EmbeddedDatabases {
  /** The version that {@link #put} and {@link #delete} expect of a key: any. */
  long ANY = -1;

  /** No such key may be there. */
  long ABSENT = 0;

  /**
   * The key is this entry from now on, whatever it was. One that is this entry already keeps its
   * version. A key whose expiry has passed counts as absent, even before it is deleted.
   *
   * @param expectedVersion the version that the key must have, {@link #ABSENT} or {@link #ANY}
   * @return fails with {@link IllegalArgumentException} where the database is none of the hub's
   *     own, or the entry is over the limits of the store; with {@link WriteRefusedException} where
   *     too many writes wait or the hub stops; with {@link io.replicator.store.StoreException} when
   *     the disk fails, which leaves open whether the write is there
   */
  CompletionStage<Outcome> put(String database, Entry entry, long expectedVersion);

  /** The key is gone; deleting one that is not there changes nothing. */
  CompletionStage<Outcome> delete(String database, Bytes key, long expectedVersion);

  /** What became of a write. */
  sealed interface Outcome {
    /**
     * Done, and on the disk.
     *
     * @param existed whether the key was there before
     * @param version of the key now; 0 after a deletion
     * @param cursor a copy that has reached it has the change
     */
    record Written(boolean existed, long version, Cursor.At cursor) implements Outcome {}

    /** Not done: the key has this version, 0 where it is not there. */
    record Mismatch(long version) implements Outcome {}
  }
}
