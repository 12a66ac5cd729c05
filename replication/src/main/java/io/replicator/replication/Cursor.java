package io.replicator.replication;

import java.util.Objects;

/**
 * How much of a database a copy has: the only state of a client that matters.
 *
 * <pre>
 *   Nothing ──(first batch of a load)──▶ Loading ──(last batch of the load)──▶ At ⟲ (delta)
 *      ▲                                    │                                  │
 *      └────── other epoch, or the horizon of tombstones passed the version ───┘
 * </pre>
 */
public sealed interface Cursor {
  Cursor NOTHING = new Nothing();

  /** Has nothing, or nothing that can be built on: the next batch begins a load. */
  record Nothing() implements Cursor {}

  /**
   * In a load, which reads the records in key order on the newest state.
   *
   * @param version the head when the load began: of the rows up to {@code position}, the copy has
   *     every change up to here. Records that are newer when the load passes them are left to the
   *     delta that follows.
   * @param position the row up to which the load has come, inclusive, in the order of the store;
   *     opaque to everybody else
   */
  record Loading(Epoch epoch, long version, Bytes position) implements Cursor {
    public Loading {
      Objects.requireNonNull(epoch);
      Objects.requireNonNull(position);
    }
  }

  /** Has everything up to {@code version}. */
  record At(Epoch epoch, long version) implements Cursor {
    public At {
      Objects.requireNonNull(epoch);
      if (version < 0) {
        throw new IllegalArgumentException("version " + version + " < 0");
      }
    }
  }
}
