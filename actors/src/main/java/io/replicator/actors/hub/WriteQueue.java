package io.replicator.actors.hub;

import io.replicator.replication.Bytes;
import io.replicator.replication.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The writes of embedded databases that wait for {@link EmbeddedWriter}, in the order in which they
 * came. Any thread.
 *
 * <p>Bounded by number and by bytes: a write beyond that is refused at once, with {@link
 * WriteRefusedException}, and whoever sent it is told when to try again. So the memory and the time
 * that a write waits are bounded, whoever writes how much. One that is alone is always taken.
 */
final class WriteQueue implements EmbeddedDatabases {
  private static final Duration RETRY_AFTER_OVERFLOW = Duration.ofSeconds(1);
  private static final Duration RETRY_AFTER_STOP = Duration.ofSeconds(5);

  private final Set<String> databases;
  private final EntryLimits entryLimits;
  private final Bounds bounds;
  private final Queue<PendingWrite> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private Runnable wake = () -> {};
  private RuntimeException closedBy;

  /**
   * @param databases that are embedded
   */
  WriteQueue(Set<String> databases, EntryLimits entryLimits, Bounds bounds) {
    this.databases = Set.copyOf(databases);
    this.entryLimits = entryLimits;
    this.bounds = bounds;
  }

  /** How much may wait, and how much of it is written at once. */
  record Bounds(int writesMax, long bytesMax, int groupWritesMax, long groupBytesMax) {
    static final Bounds DEFAULT = new Bounds(16_384, 64L << 20, 2_048, 8L << 20);
  }

  @Override
  public CompletionStage<Outcome> put(String database, Entry entry, long expectedVersion) {
    try {
      requireEmbedded(database);
      entryLimits.require(entry);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
    return offer(
        new PendingWrite.Put(
            database,
            entry,
            expectedVersion,
            new CompletableFuture<>(),
            PendingWrite.sizeBytes(entry)));
  }

  @Override
  public CompletionStage<Outcome> delete(String database, Bytes key, long expectedVersion) {
    try {
      requireEmbedded(database);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(e);
    }
    return offer(
        new PendingWrite.Delete(database, key, expectedVersion, new CompletableFuture<>()));
  }

  private void requireEmbedded(String database) {
    if (!databases.contains(database)) {
      throw new IllegalArgumentException(
          "database "
              + database
              + " is none of the hub's own"
              + (databases.isEmpty() ? ", it has none" : ", those are " + databases));
    }
  }

  private CompletionStage<Outcome> offer(PendingWrite write) {
    Runnable woken = null;
    synchronized (waiting) {
      if (closedBy != null) {
        return CompletableFuture.failedFuture(closedBy);
      }
      if (!waiting.isEmpty()) {
        long bytes = waitingBytes + write.sizeBytes();
        if (waiting.size() >= bounds.writesMax() || bytes > bounds.bytesMax()) {
          return CompletableFuture.failedFuture(overflow());
        }
      } else {
        woken = wake;
      }
      waiting.add(write);
      waitingBytes += write.sizeBytes();
    }
    if (woken != null) {
      woken.run();
    }
    return write.answer();
  }

  private WriteRefusedException overflow() {
    return new WriteRefusedException(
        "%d writes of %d bytes wait already, the limits are %d and %d: try again in %d s"
            .formatted(
                waiting.size(),
                waitingBytes,
                bounds.writesMax(),
                bounds.bytesMax(),
                RETRY_AFTER_OVERFLOW.toSeconds()),
        RETRY_AFTER_OVERFLOW);
  }

  // For the writer

  /** Calls {@code wake}, which returns at once, when there is something after there was nothing. */
  void onWaiting(Runnable newWake) {
    boolean some;
    synchronized (waiting) {
      wake = newWake;
      some = !waiting.isEmpty();
    }
    if (some) {
      newWake.run();
    }
  }

  /** Takes what may be written at once; empty when nothing waits. */
  List<PendingWrite> take() {
    List<PendingWrite> group = new ArrayList<>();
    synchronized (waiting) {
      long bytes = 0;
      while (!waiting.isEmpty() && group.size() < bounds.groupWritesMax()) {
        bytes += waiting.peek().sizeBytes();
        if (!group.isEmpty() && bytes > bounds.groupBytesMax()) {
          break;
        }
        PendingWrite write = waiting.remove();
        waitingBytes -= write.sizeBytes();
        group.add(write);
      }
    }
    return group;
  }

  boolean isEmpty() {
    synchronized (waiting) {
      return waiting.isEmpty();
    }
  }

  /** Takes no more: the hub stops. What waits is still written. */
  void close() {
    close(
        new WriteRefusedException(
            "the hub is stopping: try again in " + RETRY_AFTER_STOP.toSeconds() + " s",
            RETRY_AFTER_STOP));
  }

  /** Takes no more, for this reason; the first one counts. */
  void close(RuntimeException reason) {
    synchronized (waiting) {
      if (closedBy == null) {
        closedBy = reason;
      }
    }
  }

  /** Why it takes no more, null while it does. */
  RuntimeException closedBy() {
    synchronized (waiting) {
      return closedBy;
    }
  }
}
