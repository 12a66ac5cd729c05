package io.replicator.streams;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/**
 * Where a client applies batches: the seam that Redis, Cassandra, a callback or another store
 * implement.
 *
 * <p>A sink survives many sessions: {@link #open} is called at the start of each. Calls of {@link
 * #apply} for one feed come one at a time, unless the sink {@linkplain #appliesMax asks for more};
 * calls for different feeds may overlap. Stages complete on any thread; a failed one makes the
 * client drop the session and start again from {@link #cursors}. A sink does not retry by itself.
 */
public interface BatchSink {
  /** Connects where needed, and checks that the target may be written to. */
  CompletionStage<Done> connect();

  /** The cursors that the target holds. */
  CompletionStage<Map<FeedKey, Cursor>> cursors();

  /**
   * A session begins.
   *
   * @return fails with {@link SinkRefusedException} where writing would be wrong: the target is the
   *     source
   */
  CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds);

  /**
   * Applies the batches in order, with the cursor of the last one, in one transaction where the
   * target can. When the stage completes, the target holds both durably.
   *
   * @param batches consecutive batches of {@code feed}, at least one; only the first may begin a
   *     load
   */
  CompletionStage<Applied> apply(Feed feed, List<Batch> batches);

  /**
   * How many calls of {@link #apply} for one feed may be under way. A sink that takes more than one
   * completes them in the order in which they came; behind one that failed all fail.
   */
  default int appliesMax() {
    return 1;
  }

  /**
   * As much of a load may wait to be applied in one call, however small the load is; what waits
   * when a client dies is sent again. More where a call has a price of its own.
   */
  default int bundleBytesMin() {
    return 64 << 10;
  }

  CompletionStage<Done> close();

  /** What the target is, for people and logs; no credentials. */
  String describe();

  /**
   * @param records applied
   * @param unsupported records that this sink cannot hold, by a short kind such as {@code "OPAQUE"}
   */
  record Applied(long records, Map<String, Long> unsupported) {}
}
