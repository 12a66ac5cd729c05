package io.replicator.app.demo;

import io.replicator.actors.hub.HubStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;

/**
 * Totals over all lanes at one moment, and what happened since an earlier one.
 *
 * @param nowNs of the monotonic clock
 */
record Rates(
    long nowNs,
    long commands,
    long records,
    long merged,
    long mergedBytes,
    long plainBytes,
    long wireBytes,
    long lagMsMax) {

  static Rates of(HubStatus hub, long nowNs) {
    long commands = hub.sources().stream().mapToLong(source -> source.commands()).sum();
    long records = 0;
    long merged = 0;
    long mergedBytes = 0;
    long plain = 0;
    long wire = 0;
    long lag = 0;
    for (SessionStatus session : hub.sessions()) {
      for (LaneStatus lane : session.lanes()) {
        records += lane.records();
        merged += lane.changesMerged();
        mergedBytes += lane.mergedBytes();
        plain += lane.plainBytes();
        wire += lane.wireBytes();
        lag = Math.max(lag, lane.lagMs());
      }
    }
    return new Rates(nowNs, commands, records, merged, mergedBytes, plain, wire, lag);
  }

  /** {@code total} of now minus that of before, a second. */
  long perSecond(Rates before, java.util.function.ToLongFunction<Rates> total) {
    double seconds = (nowNs - before.nowNs) / 1e9;
    long difference = total.applyAsLong(this) - total.applyAsLong(before);
    return seconds <= 0 ? 0 : Math.max(0, Math.round(difference / seconds));
  }
}
