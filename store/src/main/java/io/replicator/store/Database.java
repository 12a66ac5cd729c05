package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;

/** One database as its readers see it. Any thread. */
public interface Database {
  String name();

  /** Version of the newest change that pulls can see. */
  long head();

  DatabaseStats stats();

  /**
   * How many versions in (from, to] were given to changes: what a lag in versions is. Their
   * difference, but for the ranges that are passed over after an unclean end of the machine.
   */
  default long versionsBetween(long from, long to) {
    return Math.max(0, to - from);
  }

  /** Whether {@code cursor} can be continued from, and if not, why. */
  Admission admit(Cursor cursor);

  /**
   * Reads what follows {@code from} on the newest state: the next part of a load, or the merged
   * changes after a version. A cursor that cannot be continued from is read as {@link
   * Cursor#NOTHING}; the answer's {@link Batch#from} tells. At the head, the answer holds no
   * records and {@code to} equals the head. Blocks on disk.
   *
   * @param filter records of other keys are passed over
   */
  Batch pull(Cursor from, KeyFilter filter, PullLimits limits);

  /** The newest state, held until it is closed. Blocks on disk. */
  DatabaseSnapshot snapshot();

  /**
   * Calls {@code listener} after every flush that moved the head or made a frontier possible, on
   * the writer's thread: it must return at once.
   *
   * @return ends the registration
   */
  AutoCloseable onHeadMoved(Runnable listener);
}
