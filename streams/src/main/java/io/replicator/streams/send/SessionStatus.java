package io.replicator.streams.send;

import java.util.List;

/**
 * One client's session.
 *
 * @param windowBytes how much may be in flight
 * @param inFlightBytes how much is
 * @param rttMs smallest round trip of late, in milliseconds
 * @param deliveryBytesPerSecond rate at which the link delivers
 */
public record SessionStatus(
    long id,
    String clientName,
    String address,
    String state,
    long connectedAtMs,
    long windowBytes,
    long inFlightBytes,
    double rttMs,
    long deliveryBytesPerSecond,
    List<LaneStatus> lanes) {}
