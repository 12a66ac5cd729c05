package io.replicator.streams.verify;

import io.replicator.replication.Bytes;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** All keys of a keyspace, in any order, page by page. Confined to one thread. */
public interface Listing extends AutoCloseable {
  /**
   * The next page; null after the last one. Called again when the page before it has come, so that
   * at least one page is read ahead; how many more is the place's choice, within a bound.
   */
  CompletionStage<Keys> next();

  /** Ends it, wherever it is. */
  @Override
  void close();

  /**
   * A page. Some keys may come twice.
   *
   * @param images what the keys hold, in their order, where {@link KeyspaceView#listsImages}; else
   *     null
   * @param share of the listing that is done with this page, 0 to 1; NaN where only counting tells
   */
  record Keys(List<Bytes> keys, List<KeyImage> images, double share) {}
}
