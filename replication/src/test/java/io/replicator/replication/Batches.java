package io.replicator.replication;

import java.util.List;

/** Batches as tests need them: only cursors, frontier and number of records matter. */
final class Batches {
  static final Epoch EPOCH = new Epoch(7);

  private Batches() {}

  static Cursor at(long version) {
    return new Cursor.At(EPOCH, version);
  }

  static Cursor loading(long version, String position) {
    return new Cursor.Loading(EPOCH, version, Bytes.utf8(position));
  }

  static Batch delta(long from, long to, boolean frontier) {
    return between(at(from), at(to), frontier);
  }

  static Batch between(Cursor from, Cursor to, boolean frontier) {
    long version = to instanceof Cursor.At at ? at.version() : 1;
    List<VersionedRecord> records =
        List.of(new VersionedRecord.DeletedKey(Bytes.utf8("k" + version), version));
    return new Batch(from, to, frontier, false, from instanceof Cursor.At ? records : List.of());
  }
}
