package io.replicator.replication;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides when a client applies the batches of one feed: a whole group, up to its frontier, at once
 * where it fits the limit, and otherwise batch by batch.
 *
 * <pre>
 *   CATCHING_UP ──(batch of a load)──▶ LOADING ──(its last batch)──▶ CATCHING_UP
 *   any ──(frontier)──▶ LIVE ──(group over the limit)──▶ CATCHING_UP or LOADING
 * </pre>
 *
 * <p>Batches wait until one of them is a frontier, or until together they exceed the limit; from
 * then on each passes as it comes, until the frontier ends the group. A load is treated alike, so
 * one that is smaller than the limit becomes visible in one transaction with the delta that
 * completes it. What waits is bounded by the limit: the batch that exceeds it releases everything,
 * so the memory held is at most the limit and one batch. A frontier that is late keeps them waiting
 * for as long as nothing more arrives: the copy stays at its last state, which is one that the
 * source had. A batch that begins a load is the first of what it is applied with.
 *
 * <p>Made anew for each session: what still waits when a session ends was never applied, and is
 * pulled again from the sink's cursor. Mutable; confined to one thread.
 */
public final class GroupRule {
  /** What a feed is doing, for its status. */
  public enum State {
    /** The copy is being filled, batch by batch or still waiting to be. */
    LOADING,
    /** The copy need not equal any state of the source until the next frontier. */
    CATCHING_UP,
    /** The copy equals a state that the source had; what waits will take it to a later one. */
    LIVE
  }

  private final long groupBytesMax;
  private List<Batch> waiting = new ArrayList<>();
  private long waitingBytes;
  private boolean passing;
  private State state = State.CATCHING_UP;
  private Cursor reached;

  /**
   * @param groupBytesMax how large a group may be that is applied in one transaction; 0 to apply
   *     every batch as it comes
   */
  public GroupRule(long groupBytesMax) {
    this(groupBytesMax, false);
  }

  /**
   * @param passing whether the group under way has been applied in part, or is known not to fit the
   *     limit: then nothing of it needs to wait
   */
  public GroupRule(long groupBytesMax, boolean passing) {
    if (groupBytesMax < 0) {
      throw new IllegalArgumentException("limit of a group is " + groupBytesMax + " bytes");
    }
    this.groupBytesMax = groupBytesMax;
    this.passing = passing;
  }

  /**
   * The next batch of the feed has arrived.
   *
   * @param sizeBytes about how much memory it takes
   * @return what to apply now, in one transaction and in this order; empty to wait for more. Owned
   *     by the caller.
   * @throws IllegalArgumentException when the batch neither continues the one before nor begins a
   *     load
   */
  public List<Batch> add(Batch batch, int sizeBytes) {
    if (sizeBytes < 0) {
      throw new IllegalArgumentException("size of a batch is " + sizeBytes + " bytes");
    }
    if (reached != null && !batch.beginsLoad() && !batch.from().equals(reached)) {
      throw new IllegalArgumentException(
          "batch from " + batch.from() + " does not continue " + reached);
    }
    reached = batch.to();
    if (batch.beginsLoad()) {
      // It brings what waits, or what has become of it.
      waiting.clear();
      waitingBytes = 0;
    }
    waiting.add(batch);
    waitingBytes += sizeBytes;
    passing |= waitingBytes > groupBytesMax;
    boolean frontier = batch.frontier();
    if (frontier) {
      state = State.LIVE;
    } else if (state != State.LIVE || passing) {
      state = batch.ofLoad() && !batch.endsLoad() ? State.LOADING : State.CATCHING_UP;
    }
    if (!frontier && !passing) {
      return List.of();
    }
    passing = !frontier;
    List<Batch> due = waiting;
    waiting = new ArrayList<>();
    waitingBytes = 0;
    return due;
  }

  /** As of the last batch that arrived; it is the copy's state once what was due is applied. */
  public State state() {
    return state;
  }

  /** Bytes of the batches that wait for their frontier. */
  public long waitingBytes() {
    return waitingBytes;
  }
}
