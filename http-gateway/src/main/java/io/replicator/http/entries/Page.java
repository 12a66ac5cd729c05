package io.replicator.http.entries;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.Header;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.PullLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * Some entries of a snapshot, in key order: as many as were asked for, or as fit in memory. One
 * that does not is a page of its own, which is to be streamed.
 *
 * @param entries as the last batch of a load; null where {@link #alone} is set
 * @param alone the one key of the page, where it is too large for anything but a stream; else null
 * @param last key of the page, where there may be more after it; else null
 */
record Page(Batch entries, KeyFilter alone, Bytes last) {
  /** What a page may hold: its last batch may go beyond. */
  private static final int BYTES_MAX = 1 << 20;

  /** Rows that are looked at for a page: few may match. */
  private static final int ROWS_MAX = 2_000_000;

  /** Blocks on disk. */
  static Page read(
      DatabaseSnapshot snapshot, Cursor from, KeyFilter filter, int limit, PullLimits limits) {
    List<VersionedRecord> records = new ArrayList<>();
    Cursor at = from;
    long bytes = 0;
    int entries = 0;
    boolean open = false;
    for (int rows = 0; rows < ROWS_MAX || entries == 0; rows += limits.rowsMax()) {
      Batch batch = snapshot.pull(at, filter, limits);
      at = batch.to();
      open = batch.openKey();
      for (VersionedRecord versioned : batch.records()) {
        entries += versioned instanceof Header ? 1 : 0;
        bytes += versioned.sizeBytes();
      }
      records.addAll(batch.records());
      if (at instanceof Cursor.At || entries > limit || bytes >= BYTES_MAX) {
        break;
      }
    }
    boolean ended = at instanceof Cursor.At;
    // The last entry is whole only where nothing of it can follow.
    int whole = ended || !open ? entries : entries - 1;
    if (whole == 0 && entries > 0) {
      Bytes key = records.get(0).key();
      return new Page(null, new KeyFilter(List.of(KeyGlob.literal(key)), List.of()), key);
    }
    int taken = Math.min(limit, whole);
    int end = endOf(records, taken);
    List<VersionedRecord> kept = List.copyOf(records.subList(0, end));
    boolean more = !ended || taken < entries;
    return new Page(
        new Batch(from, snapshot.cursor(), false, false, kept),
        null,
        more && end > 0 ? kept.get(end - 1).key() : null);
  }

  private static int endOf(List<VersionedRecord> records, int entries) {
    int begun = 0;
    for (int i = 0; i < records.size(); i++) {
      if (records.get(i) instanceof Header && ++begun > entries) {
        return i;
      }
    }
    return records.size();
  }
}
