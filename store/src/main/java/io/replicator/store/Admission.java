package io.replicator.store;

import io.replicator.replication.Cursor;

/**
 * Whether a cursor can be continued from.
 *
 * @param cursor the cursor itself, or {@link Cursor#NOTHING} where a reset load is needed
 * @param resetReason why it is needed, for people; empty where it is not
 */
public record Admission(Cursor cursor, String resetReason) {}
