package io.replicator.cassandra.connection;

/**
 * The running numbers of one connection to a cluster.
 *
 * @param answered requests
 * @param sentAgain requests, because the server had no room or time
 * @param failed requests, for good
 * @param latencyNs of all answered requests together
 * @param inFlight requests at this moment
 * @param queued requests that wait for room
 * @param limit of requests in flight at this moment
 */
public record LinkTally(
    long answered,
    long sentAgain,
    long failed,
    long latencyNs,
    int inFlight,
    int queued,
    int limit) {
  public static final LinkTally NONE = new LinkTally(0, 0, 0, 0, 0, 0, 0);

  /** This and what was counted before it; the present is that of {@code this}. */
  public LinkTally plus(LinkTally before) {
    return new LinkTally(
        answered + before.answered,
        sentAgain + before.sentAgain,
        failed + before.failed,
        latencyNs + before.latencyNs,
        inFlight,
        queued,
        limit);
  }
}
