package io.replicator.replication;

import java.util.ArrayDeque;

/**
 * How far one feed of a session has come, on the hub: what was sent, what the client has taken out
 * of its receive queue, and what its sink holds durably.
 *
 * <pre>
 *   1 … applied │ … taken │ … sent          batch numbers; 0 <= applied <= taken <= sent
 *               │         └ untaken: counts against the credit
 *               └ unapplied: not yet the client's, sent again after a broken connection
 * </pre>
 *
 * <p>The next batch is pulled from {@link #pullCursor()}, while {@link #mayPull} allows. A client
 * whose connection breaks goes on from {@link #appliedCursor()}, or from a later one that its sink
 * holds and the acknowledgement of which got lost.
 *
 * <p>Memory: one small record per unapplied batch. Their number is bounded by the credit for
 * untaken batches, and for taken ones by the caller's limit of {@code unappliedMax}.
 *
 * <p>Time is milliseconds of any one clock. Mutable; confined to one thread.
 */
public final class FeedProgress {
  /** A batch that the sink does not hold yet. */
  private record Unapplied(Cursor to, int records, boolean frontier, long pulledAtMs) {}

  private final int unappliedMax;
  // The batches applied + 1 … sent, in order.
  private final ArrayDeque<Unapplied> unapplied = new ArrayDeque<>();
  // Block sizes of the batches taken + 1 … sent.
  private final ArrayDeque<Integer> untakenBlocks = new ArrayDeque<>();

  private long sentBatch;
  private long takenBatch;
  private long appliedBatch;
  private long untakenBytes;
  private long sentRecords;
  private long appliedRecords;
  private Cursor pullCursor;
  private Cursor appliedCursor;
  private boolean atFrontier;

  /**
   * @param resumedFrom the cursor that the handshake agreed on
   * @param unappliedMax how many batches may be sent and not applied
   */
  public FeedProgress(Cursor resumedFrom, int unappliedMax) {
    if (unappliedMax < 1) {
      throw new IllegalArgumentException("unapplied batches at most " + unappliedMax);
    }
    this.unappliedMax = unappliedMax;
    this.pullCursor = resumedFrom;
    this.appliedCursor = resumedFrom;
  }

  /**
   * Whether another batch may be pulled: one always when the client has taken all; otherwise while
   * the untaken ones leave some of the credit.
   */
  public boolean mayPull(long creditBytes) {
    return unapplied.size() < unappliedMax
        && (sentBatch == takenBatch || untakenBytes < creditBytes);
  }

  /**
   * A batch was pulled from {@link #pullCursor} and is sent next.
   *
   * @param from the cursor that it was pulled from: where the batch before ended, or nothing
   * @param to the cursor of a copy that has applied it
   * @param blockBytes that it takes in the client's receive queue
   * @param pulledAtMs when it was pulled
   * @return its number, from 1
   */
  public long sent(
      Cursor from, Cursor to, int blockBytes, int records, boolean frontier, long pulledAtMs) {
    if (blockBytes < 0 || records < 0) {
      throw new IllegalArgumentException(
          "block of " + blockBytes + " bytes with " + records + " records");
    }
    if (!from.equals(pullCursor) && !(from instanceof Cursor.Nothing)) {
      throw new IllegalArgumentException("batch from " + from + " does not continue " + pullCursor);
    }
    if (from instanceof Cursor.At before
        && to instanceof Cursor.At after
        && after.version() < before.version()) {
      throw new IllegalArgumentException("batch goes back, from " + from + " to " + to);
    }
    pullCursor = to;
    unapplied.add(new Unapplied(to, records, frontier, pulledAtMs));
    untakenBlocks.add(blockBytes);
    untakenBytes += blockBytes;
    sentRecords += records;
    return ++sentBatch;
  }

  /**
   * The client has taken every batch up to {@code batch} out of its receive queue.
   *
   * @throws IllegalArgumentException when it was never sent, or the number goes back
   */
  public void taken(long batch) {
    check("taken", batch, takenBatch, sentBatch);
    for (; takenBatch < batch; takenBatch++) {
      untakenBytes -= untakenBlocks.remove();
    }
  }

  /**
   * The client's sink holds every batch up to {@code batch} durably, with its cursor. What is
   * applied has been taken.
   *
   * @throws IllegalArgumentException when it was never sent, or the number goes back
   */
  public void applied(long batch) {
    check("applied", batch, appliedBatch, sentBatch);
    taken(Math.max(batch, takenBatch));
    for (; appliedBatch < batch; appliedBatch++) {
      Unapplied applied = unapplied.remove();
      appliedCursor = applied.to();
      atFrontier = applied.frontier();
      appliedRecords += applied.records();
    }
  }

  /** Where the next batch continues. */
  public Cursor pullCursor() {
    return pullCursor;
  }

  /** What the client's sink is known to hold. */
  public Cursor appliedCursor() {
    return appliedCursor;
  }

  /** The version that the client has; 0 before and during a load. */
  public long appliedVersion() {
    return appliedCursor instanceof Cursor.At at ? at.version() : 0;
  }

  /**
   * How old the oldest change that was pulled and is not applied is, at least: since the pull of
   * its batch; 0 when all is applied. A change that nobody has pulled yet is not counted: whoever
   * knows when the head moved past {@link #pullCursor} adds it.
   */
  public long lagMs(long nowMs) {
    return unapplied.isEmpty() ? 0 : Math.max(0, nowMs - unapplied.peek().pulledAtMs());
  }

  /** Whether what the client applied last was a frontier; false before the first batch. */
  public boolean isLive() {
    return atFrontier;
  }

  /** Whether a load is under way, at the client's sink if not in the pulls any more. */
  public boolean isLoading() {
    return !(appliedCursor instanceof Cursor.At && pullCursor instanceof Cursor.At);
  }

  public long sentBatch() {
    return sentBatch;
  }

  public long takenBatch() {
    return takenBatch;
  }

  public long appliedBatch() {
    return appliedBatch;
  }

  /** Bytes of blocks that were sent and not taken. */
  public long untakenBytes() {
    return untakenBytes;
  }

  public int unappliedBatches() {
    return unapplied.size();
  }

  public long sentRecords() {
    return sentRecords;
  }

  public long appliedRecords() {
    return appliedRecords;
  }

  private static void check(String what, long batch, long before, long sent) {
    if (batch < before || batch > sent) {
      throw new IllegalArgumentException(
          "batch " + batch + " " + what + ", allowed are " + before + " to " + sent);
    }
  }
}
