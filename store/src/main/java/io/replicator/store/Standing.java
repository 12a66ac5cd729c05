package io.replicator.store;

/**
 * The state of a database as of one write, in the same batch as the data: what a pull's snapshot
 * sees of it belongs to exactly the records that it sees.
 *
 * <pre>
 *   head, horizon, keys, bytes, tombstones, tombstone bytes, holding run    8 bytes each, big-endian
 *   flags(1)   bit 0 loading, bit 1 keys are marked as seen, bit 2 torn
 * </pre>
 *
 * @param holdingRun the run of the process that holds frontiers back, 0 for none; of another run it
 *     means nothing
 * @param marking whether the load under way marks keys as seen
 * @param torn whether a part of a commit is written and another part not yet
 */
record Standing(
    long head,
    long horizon,
    long keys,
    long bytes,
    long tombstones,
    long tombstoneBytes,
    long holdingRun,
    boolean loading,
    boolean marking,
    boolean torn) {
  static final Standing EMPTY = new Standing(0, 0, 0, 0, 0, 0, 0, false, false, false);
  static final int BYTES = 7 * Long.BYTES + 1;

  boolean allowsFrontier(long run) {
    return !loading && !torn && holdingRun != run;
  }

  Standing withHead(long newHead) {
    return new Standing(
        newHead,
        horizon,
        keys,
        bytes,
        tombstones,
        tombstoneBytes,
        holdingRun,
        loading,
        marking,
        torn);
  }

  Standing withTombstones(long newHorizon, long newTombstones, long newTombstoneBytes) {
    return new Standing(
        head,
        newHorizon,
        keys,
        bytes,
        newTombstones,
        newTombstoneBytes,
        holdingRun,
        loading,
        marking,
        torn);
  }

  byte[] encode() {
    byte[] row = new byte[BYTES];
    RowKey.putLong(row, 0, head);
    RowKey.putLong(row, 8, horizon);
    RowKey.putLong(row, 16, keys);
    RowKey.putLong(row, 24, bytes);
    RowKey.putLong(row, 32, tombstones);
    RowKey.putLong(row, 40, tombstoneBytes);
    RowKey.putLong(row, 48, holdingRun);
    row[56] = (byte) ((loading ? 1 : 0) | (marking ? 2 : 0) | (torn ? 4 : 0));
    return row;
  }

  static Standing decode(byte[] row) {
    if (row == null) {
      return EMPTY;
    }
    if (row.length != BYTES) {
      throw new StoreException(
          "the state of a database has " + row.length + " bytes instead of " + BYTES);
    }
    int flags = row[56];
    return new Standing(
        RowKey.longAt(row, 0),
        RowKey.longAt(row, 8),
        RowKey.longAt(row, 16),
        RowKey.longAt(row, 24),
        RowKey.longAt(row, 32),
        RowKey.longAt(row, 40),
        RowKey.longAt(row, 48),
        (flags & 1) != 0,
        (flags & 2) != 0,
        (flags & 4) != 0);
  }
}
