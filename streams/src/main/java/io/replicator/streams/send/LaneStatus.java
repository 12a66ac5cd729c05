package io.replicator.streams.send;

import java.util.List;

/**
 * One feed of a session.
 *
 * @param patterns of its keys, none for all; of very many only the first
 * @param state {@code loading}, {@code catching-up} or {@code live}
 * @param cursor version up to which the client has applied
 * @param lagVersions head minus cursor
 * @param lagMs age of the oldest change that the client has not applied; 0 when it has all
 * @param records sent in this session
 * @param changesMerged changes that were never sent because a later one superseded them
 * @param mergedBytes estimated bytes of those
 * @param plainBytes batches before compression
 * @param blockBytes after compression
 * @param wireBytes with chunk and frame headers
 */
public record LaneStatus(
    String database,
    String qos,
    List<String> patterns,
    String state,
    long cursor,
    long head,
    long lagVersions,
    long lagMs,
    long records,
    long changesMerged,
    long mergedBytes,
    long plainBytes,
    long blockBytes,
    long wireBytes) {}
