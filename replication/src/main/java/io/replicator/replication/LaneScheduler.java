package io.replicator.replication;

/**
 * Decides which lane of a session may send its next chunk: strict priority, with a minimum that
 * keeps the lower lanes from starving.
 *
 * <p>The highest lane that has a chunk goes first. While lower lanes have chunks too, they together
 * are owed {@code lowLanesShare} of all bytes sent, in equal parts, so that the lowest is not
 * starved by the middle ones; a lower lane goes first once it is owed as much as its last chunk
 * took. What they are owed is an account per lane:
 *
 * <pre>
 *   any lane sends b bytes      each waiting lower lane:  owed += b × share ÷ waiting lower lanes
 *   a waiting lane sends b      that lane:                owed -= b
 *   a lane has no chunk, or is the highest that has one   owed = min(owed, 0)
 * </pre>
 *
 * <p>Invariant: {@code -chunk <= owed <= 2 × chunk} for the largest chunk sent so far; a lane that
 * was idle or went first anyway has saved up nothing, so an urgent chunk never waits for more than
 * the chunks that lower lanes were owed while it was there.
 *
 * <p>Deficit accounting as in M. Shreedhar, G. Varghese, "Efficient Fair Queuing Using Deficit
 * Round Robin", IEEE/ACM ToN 4(3), 1996, with priorities in place of the round.
 *
 * <p>Mutable; confined to one thread.
 */
public final class LaneScheduler {
  private static final int LANES = QosLevel.values().length;
  private static final int ALL = (1 << LANES) - 1;

  private final double lowLanesShare;
  private final double[] owedBytes = new double[LANES];
  private final int[] lastChunkBytes = new int[LANES];
  private int chunkBytesMax;
  private int ready;

  /**
   * @param lowLanesShare of all bytes that the lower lanes together get at least, 0 to 0.5
   */
  public LaneScheduler(double lowLanesShare) {
    if (!(lowLanesShare >= 0 && lowLanesShare <= 0.5)) {
      throw new IllegalArgumentException(
          "share of the lower lanes is " + lowLanesShare + ", allowed are 0 to 0.5");
    }
    this.lowLanesShare = lowLanesShare;
  }

  /** The bit that stands for {@code level} in the argument of {@link #next}. */
  public static int bit(QosLevel level) {
    return 1 << level.code();
  }

  /**
   * The lane whose chunk goes next. Asking again without {@link #sent} gives the same answer.
   *
   * @param ready the {@linkplain #bit bits} of the lanes that have a chunk; at least one
   */
  public QosLevel next(int ready) {
    if ((ready & ~ALL) != 0 || ready == 0) {
      throw new IllegalArgumentException("ready lanes 0x" + Integer.toHexString(ready));
    }
    this.ready = ready;
    int highest = Integer.numberOfTrailingZeros(ready);
    int chosen = highest;
    double chosenOwed = 0;
    for (int lane = 0; lane < LANES; lane++) {
      if (!waits(lane, highest)) {
        owedBytes[lane] = Math.min(owedBytes[lane], 0);
      } else if (owedBytes[lane] > chosenOwed && owedBytes[lane] >= lastChunkBytes[lane]) {
        chosen = lane;
        chosenOwed = owedBytes[lane];
      }
    }
    return QosLevel.of(chosen);
  }

  /**
   * The chunk that {@link #next} allowed has been sent.
   *
   * @param bytes that it took
   */
  public void sent(QosLevel level, int bytes) {
    int lane = level.code();
    if (bytes < 0 || (ready & (1 << lane)) == 0) {
      throw new IllegalArgumentException(
          bytes + " bytes sent by " + level + ", ready lanes 0x" + Integer.toHexString(ready));
    }
    chunkBytesMax = Math.max(chunkBytesMax, bytes);
    lastChunkBytes[lane] = bytes;
    int highest = Integer.numberOfTrailingZeros(ready);
    int waiting = Integer.bitCount(ready) - 1;
    for (int other = highest + 1; waiting > 0 && other < LANES; other++) {
      if (waits(other, highest)) {
        double owed = owedBytes[other] + bytes * lowLanesShare / waiting;
        owedBytes[other] = Math.min(owed, 2.0 * chunkBytesMax);
      }
    }
    if (lane != highest) {
      owedBytes[lane] = Math.max(owedBytes[lane] - bytes, -chunkBytesMax);
    }
  }

  private boolean waits(int lane, int highest) {
    return lane != highest && (ready & (1 << lane)) != 0;
  }
}
