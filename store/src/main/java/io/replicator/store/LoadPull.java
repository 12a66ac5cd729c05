package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the next part of a load: the records in key order on the newest state, those that are newer
 * than the load's version left to the delta that follows it.
 *
 * <p>The header of a collection is sent with its fields where its generation is old enough, even if
 * its expiry changed since: fields are nothing without it. Only the ranges that the filter's globs
 * can match are read, and rows of a key that brings nothing are passed over by a seek.
 */
final class LoadPull {
  private static final int ROWS_BEFORE_SEEK = 8;
  private static final int OPEN_KEY_ROWS_MAX = 64;

  private final PullView view;
  private final Cursor from;
  private final long version;
  private final byte[] position;
  private final KeyFilter filter;
  private final boolean everyKey;
  private final PullLimits limits;
  private final List<VersionedRecord> records = new ArrayList<>();
  private long bytes;
  private int rows;

  // The key of the row passed last: its bytes in the row, and what follows from them.
  private byte[] keyRow = new byte[0];
  private int keyTerminator = -1;
  private Bytes key = Bytes.EMPTY;
  private boolean keyBrings;
  private int idleRows;

  LoadPull(PullView view, Cursor from, KeyFilter filter, PullLimits limits) {
    this.view = view;
    this.from = from;
    this.filter = filter;
    this.everyKey = filter.matchesAll();
    this.limits = limits;
    byte[] begin = RowKey.databaseBegin(view.database());
    if (from instanceof Cursor.Loading loading) {
      version = loading.version();
      Bytes at = loading.position();
      position = Arrays.copyOf(begin, begin.length + at.length() + 1);
      at.copyTo(position, begin.length);
    } else {
      version = view.standing().head();
      position = begin;
    }
  }

  Batch read() {
    try (RowScan scan = view.records()) {
      for (RowRange range : ranges()) {
        if (!range.endsAfter(position)) {
          continue;
        }
        boolean within = scan.seek(later(range.begin(), position));
        while (within) {
          byte[] row = scan.key();
          if (!range.endsAfter(row)) {
            break;
          }
          boolean idle = !pass(scan, row);
          if (bytes >= limits.bytesMax() || rows >= limits.rowsMax()) {
            return stopped(scan, row);
          }
          boolean skip = idle && idleRows > ROWS_BEFORE_SEEK;
          within = skip ? skipKey(scan) : scan.next();
        }
      }
    }
    boolean frontier = version == view.standing().head() && view.allowsFrontier();
    return new Batch(from, new Cursor.At(view.epoch(), version), frontier, false, records);
  }

  /** Where the rows are that can match: in order, apart from each other. */
  private List<RowRange> ranges() {
    List<RowRange> sorted = new ArrayList<>();
    for (KeyGlob glob : filter.include()) {
      sorted.add(RowRange.of(view.database(), glob));
    }
    sorted.sort(RowRange.BY_BEGIN);
    List<RowRange> apart = new ArrayList<>();
    for (RowRange range : sorted) {
      // Two ranges are apart, or one is within the other.
      if (apart.isEmpty() || !apart.get(apart.size() - 1).endsAfter(range.begin())) {
        apart.add(range);
      }
    }
    return apart;
  }

  private static byte[] later(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** Returns whether the row brought a record. */
  private boolean pass(RowScan scan, byte[] row) {
    rows++;
    if (!ofKey(row)) {
      openKey(row);
    }
    if (!keyBrings) {
      idleRows++;
      return false;
    }
    byte[] value = scan.value();
    boolean header = !RowKey.isField(row, keyTerminator);
    RecordRow record = RecordRow.decode(value, header);
    boolean tooNew = (record.isCollection() ? record.generation() : record.version()) > version;
    if (record.tombstone() || tooNew) {
      idleRows++;
      keyBrings &= !header;
      return false;
    }
    idleRows = 0;
    VersionedRecord sent = DeltaPull.record(key, row, keyTerminator, record, true);
    records.add(sent);
    bytes += sent.sizeBytes();
    return true;
  }

  private boolean ofKey(byte[] row) {
    return keyTerminator > 0
        && row.length >= keyTerminator + 2
        && row[keyTerminator] == 0
        && row[keyTerminator + 1] != (byte) 0xff
        && Arrays.equals(row, 0, keyTerminator, keyRow, 0, keyTerminator);
  }

  private void openKey(byte[] row) {
    keyRow = row;
    keyTerminator = RowKey.terminator(row, 0);
    key = RowKey.key(row, 0, keyTerminator);
    keyBrings = everyKey || filter.matches(key);
    idleRows = 0;
  }

  // Nothing follows within a key that does not match or that is itself too new. In another one
  // there may be fields that are old enough, so there is no way around reading them.
  private boolean skipKey(RowScan scan) {
    if (keyBrings) {
      return scan.next();
    }
    return scan.seek(RowKey.fieldsEnd(keyRow, keyTerminator));
  }

  private Batch stopped(RowScan scan, byte[] row) {
    int begin = RowKey.DATABASE_BYTES;
    Bytes at = Bytes.wrap(row, begin, row.length - begin);
    boolean open = keyBrings && fieldsFollow(scan);
    return new Batch(
        from, new Cursor.Loading(view.epoch(), version, at.compact()), false, open, records);
  }

  private boolean fieldsFollow(RowScan scan) {
    // A key that was open before stays so, however many rows of it bring nothing.
    boolean brought =
        records.isEmpty()
            ? from instanceof Cursor.Loading && ofKey(position)
            : records.get(records.size() - 1).key().equals(key);
    if (!brought) {
      return false;
    }
    for (int i = 0; i < OPEN_KEY_ROWS_MAX; i++) {
      if (!scan.next() || !ofKey(scan.key())) {
        return false;
      }
      byte[] value = scan.value();
      if (!RecordRow.isTombstone(value) && RecordRow.version(value) <= version) {
        return true;
      }
    }
    return true;
  }
}
