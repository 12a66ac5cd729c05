package io.replicator.cassandra.apply;

import io.replicator.replication.Batch;
import io.replicator.streams.Feed;
import java.util.List;

/**
 * Sees what a sink applies: batches whose rows are all there, before their cursor is. So it sees
 * every batch at least once, whatever is killed when, in order within a feed; feeds may overlap.
 * Called on the driver's threads: it must not block. If it throws, the batches come again.
 */
@FunctionalInterface
public interface BatchObserver {
  /**
   * @param batches consecutive ones of {@code feed}, nobody changes them
   */
  void applied(Feed feed, List<Batch> batches);
}
