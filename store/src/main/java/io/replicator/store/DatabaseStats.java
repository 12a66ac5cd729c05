package io.replicator.store;

/**
 * @param keys live keys, exact
 * @param head version of the newest change
 * @param horizon version of the newest dropped tombstone: older cursors need a reset load
 * @param tombstones kept now
 * @param bytes approximate size of the live records, for progress bars
 * @param loading whether a full copy is under way, so that no frontier is reported
 */
public record DatabaseStats(
    long keys, long head, long horizon, long tombstones, long bytes, boolean loading) {}
