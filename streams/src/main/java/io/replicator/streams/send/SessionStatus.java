package io.replicator.streams.send;

import java.util.List;

/**
 * One client's session.
 *
 * @param transport what carries it: {@code tcp}, {@code websocket}, …
 * @param state one of {@link #STATES}
 * @param windowBytes how much may be in flight
 * @param inFlightBytes how much is
 * @param rttMs smallest round trip of late, in milliseconds
 * @param deliveryBytesPerSecond rate at which the link delivers
 * @param laneCount how many lanes there are; {@code lanes} may hold only some of them
 */
public record SessionStatus(
    long id,
    String clientName,
    String transport,
    String address,
    String state,
    long connectedAtMs,
    long windowBytes,
    long inFlightBytes,
    double rttMs,
    long deliveryBytesPerSecond,
    int laneCount,
    List<LaneStatus> lanes) {
  /** Nothing has been acknowledged for a second, though something is in flight. */
  public static final String STALLED = "stalled";

  /** A lane lacks a change that is older than {@link #BEHIND_MS}, and no load explains it. */
  public static final String BEHIND = "behind";

  public static final String LOADING = "loading";
  public static final String LIVE = "live";

  /** Every state there is, the most alarming first. */
  public static final List<String> STATES =
      List.of(STALLED, BEHIND, LOADING, "handshake", "draining", "closing", LIVE);

  /** Lag from which a session counts as falling behind: a person would notice it. */
  public static final long BEHIND_MS = 2_000;

  /** Whether somebody should look at it. */
  public boolean fallsBehind() {
    return state.equals(STALLED) || state.equals(BEHIND);
  }

  /** Of the lane that has most. */
  public long lagMs() {
    long most = 0;
    for (LaneStatus lane : lanes) {
      most = Math.max(most, lane.lagMs());
    }
    return most;
  }

  /** Of the lane that has most. */
  public long lagVersions() {
    long most = 0;
    for (LaneStatus lane : lanes) {
      most = Math.max(most, lane.lagVersions());
    }
    return most;
  }

  /** The same with some of the lanes only. */
  public SessionStatus withLanes(List<LaneStatus> some) {
    return new SessionStatus(
        id,
        clientName,
        transport,
        address,
        state,
        connectedAtMs,
        windowBytes,
        inFlightBytes,
        rttMs,
        deliveryBytesPerSecond,
        laneCount,
        some);
  }

  /** The state of a session that works, by its lanes. */
  static String stateOf(List<LaneStatus> lanes) {
    if (lanes.stream().anyMatch(lane -> lane.state().equals(LOADING))) {
      return LOADING;
    }
    return lanes.stream().anyMatch(lane -> lane.lagMs() > BEHIND_MS) ? BEHIND : LIVE;
  }
}
