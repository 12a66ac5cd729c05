package io.replicator.streams.receive;

import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.GroupRule;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchCodec;
import io.replicator.streams.BatchSink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One feed between its receive queue and the sink: which block is decoded next, what is applied
 * next, and how far it is. No I/O, no threads, no clock: the stage asks and reports.
 *
 * <pre>
 *   receive queue ──take──▶ decoding (one) ──▶ group ──frontier or over the limit──▶ due ──▶ applying
 *     untaken       taken ...                                                               applied
 * </pre>
 *
 * <p>Invariants: {@code applied <= taken}; at most as many calls of the sink are under way as it
 * takes, and they end in order; batches pass in the order they came; {@code dueBytes} stays below
 * the bundle limit and one group, since at the limit nothing more is taken.
 */
final class FeedApplier {
  /** What waits for the sink in a load is at most about this part of it. */
  private static final int LOAD_PARTS_BUNDLED = 256;

  private final Session.SessionFeed feed;
  private final Epoch epoch;
  private final int deltaBundleBytesMax;
  private final int loadBundleBytesMax;
  private final int appliesMax;
  private final GroupRule groups;

  private final Deque<Received.Block> queue = new ArrayDeque<>();
  private final Deque<Due> due = new ArrayDeque<>();
  private long dueBytes;

  /** Of the batches that the group rule holds. */
  private long waitingBytes;

  private boolean decoding;

  /** The last of what each call of the sink under way applies. */
  private final Deque<Due> applying = new ArrayDeque<>();

  /** Where the batch that was decoded last leads. */
  private Cursor reached;

  private long taken;
  private long applied;
  private Cursor appliedTo;
  private boolean caughtUp;

  /** Keys of the load whose batches are being decoded. */
  private long keysDecoded;

  /**
   * Batches that are applied together.
   *
   * @param lastBatch number of the last of them
   * @param state of the copy once they are applied
   * @param pulledAtMs of the last of them
   * @param keys of the load, if any, with these batches
   */
  private record Due(
      List<Batch> batches,
      long bytes,
      long lastBatch,
      GroupRule.State state,
      long pulledAtMs,
      long keys) {}

  /** A block decoded: its batch, and how many bytes that was. */
  record DecodedBlock(BatchCodec.Decoded batch, int plainBytes) {}

  FeedApplier(Session.SessionFeed feed, Epoch epoch, ReceiveSettings settings, BatchSink sink) {
    this.feed = feed;
    this.epoch = epoch;
    this.deltaBundleBytesMax = settings.bundleBytesMax();
    this.loadBundleBytesMax =
        feed.bytes() == 0
            ? deltaBundleBytesMax
            : (int)
                Math.min(
                    deltaBundleBytesMax,
                    Math.max(sink.bundleBytesMin(), feed.bytes() / LOAD_PARTS_BUNDLED));
    this.appliesMax = sink.appliesMax();
    this.groups = new GroupRule(settings.groupBytesMax(), isPartOfALargeGroup(settings));
    this.reached = feed.resumedFrom();
    this.appliedTo = feed.resumedFrom();
    this.caughtUp = appliedTo instanceof Cursor.At at && at.version() >= feed.head();
  }

  /** In a load, what is taken and not applied would be sent again if this client died. */
  private int bundleBytesMax() {
    return reached instanceof Cursor.At ? deltaBundleBytesMax : loadBundleBytesMax;
  }

  /** Then waiting would only risk that what waits has to be sent again. */
  private boolean isPartOfALargeGroup(ReceiveSettings settings) {
    return feed.resumedFrom() instanceof Cursor.Loading
        || (feed.resumedFrom() instanceof Cursor.Nothing
            && feed.bytes() > settings.groupBytesMax()
            && feed.feed().filter().matchesAll());
  }

  Session.SessionFeed feed() {
    return feed;
  }

  // ---- Receive queue

  void received(Received.Block block) {
    queue.add(block);
  }

  boolean queueIsEmpty() {
    return queue.isEmpty();
  }

  /**
   * The next block to decode, now taken; null while one is being decoded, none has come, or enough
   * waits for the sink.
   */
  Received.Block takeBlock() {
    if (decoding || queue.isEmpty() || dueBytes >= bundleBytesMax()) {
      return null;
    }
    decoding = true;
    Received.Block block = queue.remove();
    taken = block.batch;
    return block;
  }

  /**
   * The block taken last is decoded.
   *
   * @throws WireException when its batch does not follow the one before
   */
  void decoded(DecodedBlock block) {
    decoding = false;
    Batch batch = block.batch().batch();
    checkFollows(batch);
    reached = batch.to();
    feed.tally().decoded(block.plainBytes());
    countKeys(batch);
    List<Batch> ready = groups.add(batch, block.plainBytes());
    waitingBytes += block.plainBytes();
    if (!ready.isEmpty()) {
      due.add(
          new Due(
              ready, waitingBytes, taken, groups.state(), block.batch().pulledAtMs(), keysDecoded));
      dueBytes += waitingBytes;
      waitingBytes = 0;
    }
  }

  private void checkFollows(Batch batch) {
    if (!batch.from().equals(reached) && !batch.beginsLoad()) {
      throw malformed("batch " + taken + " begins at " + batch.from() + ", not at " + reached);
    }
    Epoch to =
        batch.to() instanceof Cursor.At at ? at.epoch() : ((Cursor.Loading) batch.to()).epoch();
    if (!to.equals(epoch)) {
      throw malformed("batch " + taken + " is of epoch " + to + ", the hub's is " + epoch);
    }
  }

  private void countKeys(Batch batch) {
    if (!batch.ofLoad()) {
      return;
    }
    if (batch.beginsLoad()) {
      keysDecoded = 0;
    }
    for (VersionedRecord record : batch.records()) {
      if (record instanceof VersionedRecord.Header) {
        keysDecoded++;
      }
    }
  }

  // ---- Sink

  /** What to apply now, in one call; empty while enough calls run or nothing is due. */
  List<Batch> takeDue() {
    if (applying.size() >= appliesMax || due.isEmpty()) {
      return List.of();
    }
    Due last = due.remove();
    long bytes = last.bytes();
    List<Batch> batches = last.batches();
    if (!due.isEmpty() && bytes < bundleBytesMax()) {
      batches = new ArrayList<>(batches);
      for (Due next = nextOf(bytes); next != null; next = nextOf(bytes)) {
        batches.addAll(next.batches());
        bytes += next.bytes();
        last = next;
      }
    }
    applying.add(last);
    dueBytes -= bytes;
    return batches;
  }

  /** The next that still fits a bundle of {@code bytes}, or null. A load begins one of its own. */
  private Due nextOf(long bytes) {
    Due next = due.peek();
    return next != null
            && bytes + next.bytes() <= bundleBytesMax()
            && !next.batches().get(0).beginsLoad()
        ? due.remove()
        : null;
  }

  /** The sink holds what was taken by the earliest {@link #takeDue} that has not ended. */
  void applied(BatchSink.Applied result, long nowMs) {
    Due last = applying.remove();
    Batch lastBatch = last.batches().get(last.batches().size() - 1);
    applied = last.lastBatch();
    appliedTo = lastBatch.to();
    if (lastBatch.frontier() && appliedTo instanceof Cursor.At at && at.version() >= feed.head()) {
      caughtUp = true;
    }
    feed.tally()
        .applied(
            result, appliedTo, last.state(), last.keys(), Math.max(0, nowMs - last.pulledAtMs()));
  }

  // ---- How far it is

  /** Number of the last batch that left the receive queue; 0 before the first. */
  long taken() {
    return taken;
  }

  /** Number of the last batch that the sink holds; 0 before the first. */
  long applied() {
    return applied;
  }

  /** Whether the copy has once been at a frontier that includes the session's first head. */
  boolean caughtUp() {
    return caughtUp;
  }

  /** Whether nothing is left to do with what has been received. */
  boolean idle() {
    return queue.isEmpty() && !decoding && due.isEmpty() && applying.isEmpty();
  }

  private WireException malformed(String detail) {
    return new WireException(Refusal.Reason.MALFORMED, "feed " + feed.feed().id() + ": " + detail);
  }
}
