package io.replicator.actors.hub;

import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds sessions up, those that are there and those that have ended. Confined to one thread. */
final class SessionSums {
  private record LaneKey(String database, String qos) {}

  /** What only grows. */
  private static final class Sent {
    long records;
    long changesMerged;
    long mergedBytes;
    long plainBytes;
    long blockBytes;
    long wireBytes;

    void add(LaneStatus lane) {
      records += lane.records();
      changesMerged += lane.changesMerged();
      mergedBytes += lane.mergedBytes();
      plainBytes += lane.plainBytes();
      blockBytes += lane.blockBytes();
      wireBytes += lane.wireBytes();
    }

    void add(Sent other) {
      records += other.records;
      changesMerged += other.changesMerged;
      mergedBytes += other.mergedBytes;
      plainBytes += other.plainBytes;
      blockBytes += other.blockBytes;
      wireBytes += other.wireBytes;
    }
  }

  // Bounded by the databases that are served.
  private final Map<LaneKey, Sent> ended = new LinkedHashMap<>();

  void ended(SessionStatus session) {
    for (LaneStatus lane : session.lanes()) {
      ended.computeIfAbsent(key(lane), ignored -> new Sent()).add(lane);
    }
  }

  /** Without rates, which need two moments. */
  SessionTotals totals(List<SessionStatus> sessions, long begun) {
    Map<String, Long> states = new LinkedHashMap<>();
    Map<String, Long> transports = new LinkedHashMap<>();
    Map<LaneKey, List<LaneStatus>> present = new LinkedHashMap<>();
    ended.keySet().forEach(key -> present.put(key, new ArrayList<>()));
    long inFlightBytes = 0;
    for (SessionStatus session : sessions) {
      states.merge(session.state(), 1L, Long::sum);
      transports.merge(session.transport(), 1L, Long::sum);
      inFlightBytes += session.inFlightBytes();
      for (LaneStatus lane : session.lanes()) {
        present.computeIfAbsent(key(lane), ignored -> new ArrayList<>()).add(lane);
      }
    }
    var all = new Sent();
    List<LaneTotals> lanes = new ArrayList<>();
    present.forEach(
        (key, list) -> {
          var sent = new Sent();
          list.forEach(sent::add);
          sent.add(ended.getOrDefault(key, new Sent()));
          all.add(sent);
          lanes.add(lane(key, list, sent));
        });
    lanes.sort(Comparator.comparing(LaneTotals::database));
    return new SessionTotals(
        sessions.size(),
        begun,
        states,
        transports,
        inFlightBytes,
        all.records,
        all.changesMerged,
        all.mergedBytes,
        all.plainBytes,
        all.blockBytes,
        all.wireBytes,
        0,
        0,
        List.copyOf(lanes));
  }

  private static LaneTotals lane(LaneKey key, List<LaneStatus> lanes, Sent sent) {
    long[] lagsMs = lanes.stream().mapToLong(LaneStatus::lagMs).sorted().toArray();
    Map<String, Long> states = new LinkedHashMap<>();
    lanes.forEach(lane -> states.merge(lane.state(), 1L, Long::sum));
    return new LaneTotals(
        key.database(),
        key.qos(),
        lanes.size(),
        states,
        lanes.stream().mapToLong(LaneStatus::lagVersions).max().orElse(0),
        percentile(lagsMs, 0.50),
        percentile(lagsMs, 0.99),
        Arrays.stream(lagsMs).max().orElse(0),
        sent.records,
        sent.changesMerged,
        sent.mergedBytes,
        sent.plainBytes,
        sent.blockBytes,
        sent.wireBytes);
  }

  /** The value that {@code share} of them do not exceed; 0 of none. */
  private static long percentile(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * sorted.length) - 1];
  }

  private static LaneKey key(LaneStatus lane) {
    return new LaneKey(lane.database(), lane.qos());
  }
}
