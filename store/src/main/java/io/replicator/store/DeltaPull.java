package io.replicator.store;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/**
 * Reads the log after a version: which records changed, each at its newest change, and looks them
 * up in groups.
 *
 * <p>A log row is passed over when its record is gone or has another version: a range delete leaves
 * such rows. The header of a collection has a row at its generation, which brings the newest header
 * and replaces what the copy has, and one at its version when that is later; a batch that has
 * passed the first needs no second.
 */
final class DeltaPull {
  private static final int LOOKUP_ROWS_MAX = 256;

  private final PullView view;
  private final Cursor.At from;
  private final KeyFilter filter;
  private final boolean everyKey;
  private final PullLimits limits;
  private final List<VersionedRecord> records = new ArrayList<>();
  private final List<byte[]> lookups = new ArrayList<>(LOOKUP_ROWS_MAX);
  private final List<byte[]> lookupLogs = new ArrayList<>(LOOKUP_ROWS_MAX);
  private final long[] lookupVersions = new long[LOOKUP_ROWS_MAX];
  private long bytes;
  private int passedOver;

  DeltaPull(PullView view, Cursor.At from, KeyFilter filter, PullLimits limits) {
    this.view = view;
    this.from = from;
    this.filter = filter;
    this.everyKey = filter.matchesAll();
    this.limits = limits;
  }

  Batch read() {
    long passed = from.version();
    boolean more;
    try (RowScan log = view.log()) {
      more = log.seek(RowKey.versioned(view.database(), passed + 1));
      int rows = 0;
      while (more && rows < limits.rowsMax() && bytes < limits.bytesMax()) {
        long expectedBytes = bytes;
        while (more
            && rows < limits.rowsMax()
            && expectedBytes < limits.bytesMax()
            && lookups.size() < LOOKUP_ROWS_MAX) {
          byte[] row = log.value();
          passed = RowKey.number(log.key());
          rows++;
          if (wanted(row, passed)) {
            lookupVersions[lookups.size()] = passed;
            lookups.add(LogRow.recordRow(row));
            lookupLogs.add(row);
            expectedBytes += (long) row.length + LogRow.valueLength(row);
          }
          more = log.next();
        }
        lookUp();
      }
    }
    long to = more ? passed : view.standing().head();
    boolean frontier = !more && view.allowsFrontier();
    return new Batch(from, new Cursor.At(view.epoch(), to), frontier, false, records, passedOver);
  }

  private boolean wanted(byte[] logRow, long version) {
    if (LogRow.isField(logRow) && view.isStale(LogRow.generation(logRow, version))) {
      return false;
    }
    if (everyKey) {
      return true;
    }
    int rowFrom = LogRow.recordRowFrom(logRow);
    boolean matches =
        filter.matches(RowKey.key(logRow, rowFrom, RowKey.terminator(logRow, rowFrom)));
    if (!matches) {
      passedOver++;
    }
    return matches;
  }

  private void lookUp() {
    if (lookups.isEmpty()) {
      return;
    }
    List<byte[]> missing = new ArrayList<>();
    byte[][] found = new byte[lookups.size()][];
    for (int i = 0; i < found.length; i++) {
      found[i] = view.recent(lookups.get(i), lookupVersions[i]);
      if (found[i] == null) {
        missing.add(lookups.get(i));
      }
    }
    Iterator<byte[]> read =
        missing.isEmpty() ? Collections.emptyIterator() : view.records(missing).iterator();
    for (int i = 0; i < found.length; i++) {
      byte[] record = found[i] != null ? found[i] : read.next();
      if (record != null) {
        add(lookups.get(i), LogRow.isField(lookupLogs.get(i)), record, lookupVersions[i]);
      }
    }
    lookups.clear();
    lookupLogs.clear();
  }

  private void add(byte[] row, boolean field, byte[] value, long logVersion) {
    RecordRow record = RecordRow.decode(value, !field);
    int terminator = RowKey.terminator(row, 0);
    Bytes key = RowKey.key(row, 0, terminator);
    if (record.hasGenerationRow()) {
      addCollectionHeader(key, record, logVersion);
    } else if (record.version() == logVersion) {
      add(record(key, row, terminator, record, true));
    }
  }

  private void addCollectionHeader(Bytes key, RecordRow header, long logVersion) {
    boolean replaces = header.generation() == logVersion;
    boolean moved = header.version() == logVersion && header.generation() <= from.version();
    if (replaces || moved) {
      add(
          new VersionedRecord.Header(
              key,
              header.type(),
              Bytes.EMPTY,
              header.expiresAtMs(),
              replaces,
              logVersion,
              header.generation()));
    }
  }

  private void add(VersionedRecord record) {
    records.add(record);
    bytes += record.sizeBytes();
  }

  static VersionedRecord record(
      Bytes key, byte[] row, int terminator, RecordRow record, boolean replaces) {
    if (RowKey.isField(row, terminator)) {
      Bytes field = RowKey.field(row, terminator);
      return record.tombstone()
          ? new VersionedRecord.DeletedField(
              key, record.type(), field, record.version(), record.generation())
          : new VersionedRecord.Field(
              key, record.type(), field, record.value(), record.version(), record.generation());
    }
    return record.tombstone()
        ? new VersionedRecord.DeletedKey(key, record.version())
        : new VersionedRecord.Header(
            key,
            record.type(),
            record.value(),
            record.expiresAtMs(),
            replaces,
            record.version(),
            record.generation());
  }
}
