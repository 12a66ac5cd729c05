package io.replicator.actors.client;

import io.replicator.actors.client.ClientStatus.FeedStatus;
import io.replicator.replication.Cursor;
import io.replicator.replication.GroupRule;
import io.replicator.streams.FeedKey;
import io.replicator.streams.receive.FeedTally;
import io.replicator.streams.receive.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a client's status says of its feeds: of the session under way, or the last one. Confined to
 * the actor.
 */
final class StatusBoard {
  private Session session;

  /** Keys that earlier sessions brought of a load that this one goes on with. */
  private Map<FeedKey, Long> keysLoadedBefore = Map.of();

  void opened(Session next) {
    var before = new HashMap<FeedKey, Long>();
    if (session != null) {
      for (Session.SessionFeed feed : session.feeds()) {
        before.put(feed.feed().key(), keysLoaded(feed));
      }
    }
    for (Session.SessionFeed feed : next.feeds()) {
      if (!(feed.resumedFrom() instanceof Cursor.Loading)) {
        before.remove(feed.feed().key());
      }
    }
    session = next;
    keysLoadedBefore = before;
  }

  List<FeedStatus> feeds() {
    return session == null ? List.of() : session.feeds().stream().map(this::status).toList();
  }

  /** Of all feeds together: that of the one which is furthest from being live. */
  String state() {
    GroupRule.State state = GroupRule.State.LIVE;
    for (Session.SessionFeed feed : session.feeds()) {
      GroupRule.State other = feed.tally().state();
      state = other.compareTo(state) < 0 ? other : state;
    }
    return name(state);
  }

  private FeedStatus status(Session.SessionFeed feed) {
    FeedTally tally = feed.tally();
    return new FeedStatus(
        feed.feed().database(),
        feed.feed().level().name().toLowerCase(Locale.ROOT),
        name(tally.state()),
        tally.version(),
        tally.head(),
        tally.records(),
        feed.keys(),
        keysLoaded(feed),
        tally.receivedBytes(),
        tally.plainBytes(),
        tally.lagMs());
  }

  private long keysLoaded(Session.SessionFeed feed) {
    return keysLoadedBefore.getOrDefault(feed.feed().key(), 0L) + feed.tally().keysLoaded();
  }

  private static String name(GroupRule.State state) {
    return switch (state) {
      case LOADING -> "loading";
      case CATCHING_UP -> "catching-up";
      case LIVE -> "live";
    };
  }

  /** Before anything is known. */
  static ClientStatus initial(String hub, String sink) {
    return new ClientStatus(hub, sink, "connecting", "", 0, List.of());
  }
}
