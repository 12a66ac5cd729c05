package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;

/**
 * One state of a database, held for a reader that needs more than one pull to read it.
 *
 * <p>One thread at a time. What it holds costs disk until it is closed, because compaction has to
 * keep it: readers bound how long they take. When the store is closed before it, reading from it
 * fails with {@link IllegalStateException}, and closing it does nothing any more.
 */
public interface DatabaseSnapshot extends AutoCloseable {
  /** Where a copy stands that has read all of it: what a delta may be pulled from. */
  Cursor.At cursor();

  /** Whether the state is one that the source had. */
  boolean frontier();

  /**
   * The next part in key order, a batch of a load. Blocks on disk.
   *
   * @param from {@link Cursor#NOTHING} at first, then {@link Batch#to} of the part before, until
   *     that is {@link Cursor.At}
   * @throws IllegalArgumentException if {@code from} is neither
   */
  Batch pull(Cursor from, KeyFilter filter, PullLimits limits);

  /** Where a load stands that has read everything up to {@code key}, whether it is there or not. */
  Cursor.Loading after(Bytes key);

  /**
   * The version of a live key: the newest of its header, its fields and the deletions of fields
   * that are still remembered; 0 where there is no such key. Every change of the key makes it
   * greater. (Where fields are deleted one by one, and the key is not touched afterwards, it falls
   * back when the deletion is forgotten; the writer of an embedded database touches it.) One read,
   * and one of each field for a collection.
   */
  long version(Bytes key);

  /** From any thread; waits for the read under way. Again does nothing. */
  @Override
  void close();
}
