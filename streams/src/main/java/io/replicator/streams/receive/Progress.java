package io.replicator.streams.receive;

import java.util.Arrays;

/**
 * How far each feed is at one moment, by index in {@link Session#feeds()}. Immutable. Of two, the
 * newer one says everything, so whoever is slow keeps only that.
 */
final class Progress {
  private final long[] taken;
  private final long[] applied;

  private Progress(long[] taken, long[] applied) {
    this.taken = taken;
    this.applied = applied;
  }

  static Progress of(long[] taken, long[] applied) {
    return new Progress(taken.clone(), applied.clone());
  }

  int feeds() {
    return taken.length;
  }

  /** Number of the last batch that left the receive queue. */
  long taken(int feed) {
    return taken[feed];
  }

  /** Number of the last batch that the sink holds. */
  long applied(int feed) {
    return applied[feed];
  }

  @Override
  public String toString() {
    return "taken " + Arrays.toString(taken) + ", applied " + Arrays.toString(applied);
  }
}
