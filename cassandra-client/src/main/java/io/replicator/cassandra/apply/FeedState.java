package io.replicator.cassandra.apply;

import io.replicator.replication.Cursor;

/**
 * How far one feed's copy is, as its row in {@code replicator_cursors} says.
 *
 * @param sweepBelow while a sweep is pending, rows with a smaller timestamp are from before the
 *     load; otherwise 0
 */
record FeedState(Cursor cursor, Sweep sweep, long sweepBelow) {
  static final FeedState NONE = new FeedState(Cursor.NOTHING, Sweep.NONE, 0);

  /** Where a reset load is with the rows that the hub may no longer have. */
  enum Sweep {
    /** Nothing to remove. */
    NONE,
    /** What the load and the delta behind it bring has newer timestamps than what was there. */
    MARKED,
    /** The copy has reached a frontier after the load: what is still older goes. */
    SWEEPING
  }

  /** After a batch that leads to {@code next}. */
  FeedState at(Cursor next, boolean frontier) {
    return new FeedState(
        next, sweep == Sweep.MARKED && frontier ? Sweep.SWEEPING : sweep, sweepBelow);
  }

  FeedState swept() {
    return new FeedState(cursor, Sweep.NONE, 0);
  }
}
