package io.replicator.store;

import io.replicator.replication.Bytes;

/**
 * The way into databases of a store: collects commits and writes any number of them as one atomic
 * batch. Confined to one thread at a time. A database has one writer; a store may have several,
 * which do not wait for each other but while one of them writes.
 *
 * <p>Versions are given in the order of the calls and become visible to pulls by {@link #flush},
 * all of them at once: a pull never sees a part of a commit, nor a version while a lower one is
 * missing. A commit too large for one batch ({@link StoreSettings#writeBatchBytesMax}) is written
 * in parts; its frontier is held until the last one.
 */
public interface CommitWriter {
  /**
   * @throws IllegalStateException if another writer has been given the database
   */
  KeyspaceWriter database(String name);

  /** The changes since the last call, in all databases of this writer, are one commit. */
  void endCommit();

  /** Approximate bytes of what waits for {@link #flush}. */
  long pendingBytes();

  /**
   * Remembers with the next flush how far {@code source} has been captured; opaque, see {@link
   * Store#checkpoint}.
   */
  void checkpoint(String source, Bytes position);

  /**
   * A full copy of the database follows. Until {@link #endLoad} no pull reports a frontier, also
   * after a restart, and every key written counts as seen.
   */
  void beginLoad(String database);

  /**
   * The full copy is complete: keys not seen since {@link #beginLoad} are deleted, frontiers
   * return.
   */
  void endLoad(String database);

  /**
   * While held, pulls that reach the head of a database of this writer report no frontier: the
   * state is not one that the source had. Not persistent; takes effect with the next flush, as does
   * its release.
   */
  void holdFrontiers(boolean held);

  /**
   * Writes everything that ended, atomically, and tells {@link Database#onHeadMoved} listeners.
   * Readers see it then, also while the disk is being waited for.
   *
   * @param sync whether the disk has it, not only the operating system, when this returns
   */
  void flush(boolean sync);
}
