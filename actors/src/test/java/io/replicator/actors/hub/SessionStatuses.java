package io.replicator.actors.hub;

import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.List;

/** Sessions as they might be. */
final class SessionStatuses {
  static final long WIRE_BYTES = 60;

  private SessionStatuses() {}

  static SessionStatus live(long id, long lagMs) {
    return session(id, "client-" + id, SessionStatus.LIVE, lane("0", lagMs));
  }

  static SessionStatus behind(long id, long lagMs) {
    return session(id, "client-" + id, SessionStatus.BEHIND, lane("0", lagMs));
  }

  static SessionStatus stalled(long id) {
    return session(id, "client-" + id, SessionStatus.STALLED, lane("0", 1_500));
  }

  static LaneStatus lane(String database, long lagMs) {
    return new LaneStatus(
        database,
        "realtime",
        List.of("quote:*"),
        "live",
        5,
        9,
        4,
        lagMs,
        10,
        3,
        30,
        100,
        50,
        WIRE_BYTES);
  }

  static SessionStatus session(long id, String client, String state, LaneStatus... lanes) {
    return new SessionStatus(
        id,
        client,
        "tcp",
        "test:" + id,
        state,
        0,
        4_096,
        100,
        1.5,
        1_000,
        lanes.length,
        List.of(lanes));
  }
}
