package io.replicator.streams.receive;

import io.replicator.replication.Cursor;
import io.replicator.replication.GroupRule;
import io.replicator.streams.BatchSink;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The running numbers of one feed in one session. Written by the session's stages, which share a
 * thread; read by any thread, each number for itself.
 */
public final class FeedTally {
  private final LongAdder receivedBytes = new LongAdder();
  private final LongAdder plainBytes = new LongAdder();
  private final LongAdder records = new LongAdder();
  private final Map<String, LongAdder> unsupported = new ConcurrentHashMap<>();
  private volatile GroupRule.State state;
  private volatile long head;
  private volatile long version;
  private volatile long keysLoaded;
  private volatile long lagMs;

  FeedTally(Cursor resumedFrom, long head) {
    this.head = head;
    this.version = version(resumedFrom);
    this.state = stateAt(resumedFrom, head);
  }

  private static GroupRule.State stateAt(Cursor cursor, long head) {
    if (!(cursor instanceof Cursor.At at)) {
      return GroupRule.State.LOADING;
    }
    return at.version() < head ? GroupRule.State.CATCHING_UP : GroupRule.State.LIVE;
  }

  private static long version(Cursor cursor) {
    if (cursor instanceof Cursor.At at) {
      return at.version();
    }
    return cursor instanceof Cursor.Loading loading ? loading.version() : 0;
  }

  void received(int wireBytes) {
    receivedBytes.add(wireBytes);
  }

  void decoded(int bytes) {
    plainBytes.add(bytes);
  }

  void head(long newHead) {
    head = newHead;
  }

  void applied(
      BatchSink.Applied applied, Cursor to, GroupRule.State newState, long keys, long newLagMs) {
    records.add(applied.records());
    applied
        .unsupported()
        .forEach(
            (kind, count) -> unsupported.computeIfAbsent(kind, k -> new LongAdder()).add(count));
    version = version(to);
    if (version > head) {
      head = version;
    }
    keysLoaded = keys;
    lagMs = newLagMs;
    state = newState;
  }

  /** Of the copy, as applied. */
  public GroupRule.State state() {
    return state;
  }

  /** Applied; of a load under way, the version at which it began; 0 before its first batch. */
  public long version() {
    return version;
  }

  /** Of the hub, as last heard. */
  public long head() {
    return head;
  }

  /** Applied in this session. */
  public long records() {
    return records.sum();
  }

  /** In the load under way or the last one, as far as this session applied it. */
  public long keysLoaded() {
    return keysLoaded;
  }

  /** Chunks on the wire, frame headers included. */
  public long receivedBytes() {
    return receivedBytes.sum();
  }

  /** Batches after decompression. */
  public long plainBytes() {
    return plainBytes.sum();
  }

  /** From the hub's pull of the newest applied batch to its being applied, by the two clocks. */
  public long lagMs() {
    return lagMs;
  }

  /** Records that the sink could not hold, by kind. */
  public Map<String, Long> unsupported() {
    var counts = new TreeMap<String, Long>();
    unsupported.forEach((kind, count) -> counts.put(kind, count.sum()));
    return counts;
  }
}
