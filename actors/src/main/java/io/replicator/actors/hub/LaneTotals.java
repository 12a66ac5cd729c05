package io.replicator.actors.hub;

import java.util.Map;

/**
 * All lanes of one database and quality of service, in every session. Records and bytes count from
 * the start of the hub, sessions that have ended included; the rest is about those that are there.
 *
 * @param lanes how many there are
 * @param states how many of them are {@code loading}, {@code catching-up} and {@code live}
 * @param lagMsP50 half of the lanes lag no more than this
 * @param lagMsP99 of a hundred lanes, one lags more than this
 */
public record LaneTotals(
    String database,
    String qos,
    long lanes,
    Map<String, Long> states,
    long lagVersionsMax,
    long lagMsP50,
    long lagMsP99,
    long lagMsMax,
    long records,
    long changesMerged,
    long mergedBytes,
    long plainBytes,
    long blockBytes,
    long wireBytes) {}
