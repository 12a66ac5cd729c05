package io.replicator.actors.hub;

import java.util.List;
import java.util.Map;

/**
 * All sessions together, however many there are. Records and bytes count from the start of the hub,
 * sessions that have ended included, so that they never go back.
 *
 * @param sessions that are there now
 * @param begun since the start of the hub
 * @param states how many are in which state
 * @param transports how many are carried by what
 * @param lanes by database and quality of service
 * @param recordsPerSecond of late
 * @param wireBytesPerSecond of late
 */
public record SessionTotals(
    long sessions,
    long begun,
    Map<String, Long> states,
    Map<String, Long> transports,
    long inFlightBytes,
    long records,
    long changesMerged,
    long mergedBytes,
    long plainBytes,
    long blockBytes,
    long wireBytes,
    long recordsPerSecond,
    long wireBytesPerSecond,
    List<LaneTotals> lanes) {
  public static final SessionTotals NONE =
      new SessionTotals(0, 0, Map.of(), Map.of(), 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of());

  SessionTotals withRates(long records, long wireBytes) {
    return new SessionTotals(
        sessions,
        begun,
        states,
        transports,
        inFlightBytes,
        this.records,
        changesMerged,
        mergedBytes,
        plainBytes,
        blockBytes,
        this.wireBytes,
        records,
        wireBytes,
        lanes);
  }

  /** How many sessions somebody should look at. */
  public long fallingBehind() {
    return states.getOrDefault("stalled", 0L) + states.getOrDefault("behind", 0L);
  }
}
