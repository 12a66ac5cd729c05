package io.replicator.app.client;

import io.replicator.actors.client.ClientStatus;
import io.replicator.actors.client.ClientStatus.FeedStatus;

/**
 * How far the load of all feeds together has come.
 *
 * @param feedsLoading feeds that are not yet at a frontier
 * @param keysExpected grows while feeds report in
 */
record LoadProgress(
    int feedsLoading, long keysLoaded, long keysExpected, long receivedBytes, long plainBytes) {
  static LoadProgress of(ClientStatus status) {
    int loading = 0;
    long loaded = 0;
    long expected = 0;
    long received = 0;
    long plain = 0;
    for (FeedStatus feed : status.feeds()) {
      if (feed.state().equals("loading")) {
        loading++;
      }
      loaded += feed.keysLoaded();
      expected += Math.max(feed.keysExpected(), feed.keysLoaded());
      received += feed.receivedBytes();
      plain += feed.plainBytes();
    }
    return new LoadProgress(loading, loaded, expected, received, plain);
  }

  boolean underWay() {
    return feedsLoading > 0;
  }

  double part() {
    return keysExpected == 0 ? 0 : (double) keysLoaded / keysExpected;
  }
}
