package io.replicator.redis.capture;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Database;
import io.replicator.store.PullLimits;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Exchanges the keys of two databases, as SWAPDB does: both are read in key order, each key is
 * written to the other side when both reads have passed it, so that nothing is read that was
 * written here. A key that both have is read whole from one of them first: its rows there may be
 * replaced by a write of the other's before the last of them is read.
 *
 * <p>Everything before must have been flushed, since reading sees what is flushed.
 */
final class DatabaseExchange {
  static final long WHOLE_KEY_BYTES_MAX = 64L << 20;

  private DatabaseExchange() {}

  /**
   * @throws ResyncRequiredException where only a snapshot tells the outcome
   */
  static void exchange(
      CapturedDatabase one, Database oneStored, CapturedDatabase other, Database otherStored)
      throws ResyncRequiredException {
    one.forgetFirstEntries();
    other.forgetFirstEntries();
    var ofOne = new KeysInOrder(oneStored);
    var ofOther = new KeysInOrder(otherStored);
    var toOne = new CollectionReplacement();
    var toOther = new CollectionReplacement();
    while (ofOne.key() != null || ofOther.key() != null) {
      int order =
          ofOne.key() == null
              ? 1
              : ofOther.key() == null ? -1 : ofOne.key().compareTo(ofOther.key());
      Bytes key = order <= 0 ? ofOne.key() : ofOther.key();
      if (order == 0) {
        ofOther.readWhole(key);
      }
      write(order <= 0 ? ofOne : null, other, key, toOther);
      write(order >= 0 ? ofOther : null, one, key, toOne);
    }
  }

  private static void write(
      KeysInOrder source, CapturedDatabase target, Bytes key, CollectionReplacement replacement)
      throws ResyncRequiredException {
    if (source == null) {
      target.keys().delete(key);
      return;
    }
    VersionedRecord.Header header = source.takeHeader();
    if (!header.type().isCollection()) {
      target.keys().putValue(key, header.type(), header.value(), header.expiresAtMs());
      return;
    }
    DataType type = header.type();
    replacement.begin(target.keys(), key, type, header.expiresAtMs());
    for (var field = source.takeField(key); field != null; field = source.takeField(key)) {
      replacement.add(field.field(), field.value());
    }
    replacement.end();
  }

  /** The records of a database in key order, read ahead in bounded batches. */
  private static final class KeysInOrder {
    private final Database database;
    private final Deque<VersionedRecord> records = new ArrayDeque<>();
    private Cursor cursor = Cursor.NOTHING;
    private boolean complete;

    KeysInOrder(Database database) throws ResyncRequiredException {
      this.database = database;
      fill();
    }

    /** The next key, null at the end. */
    Bytes key() throws ResyncRequiredException {
      fill();
      return records.isEmpty() ? null : records.peek().key();
    }

    VersionedRecord.Header takeHeader() {
      return (VersionedRecord.Header) records.remove();
    }

    /** The next field of {@code key}, null where there is none any more. */
    VersionedRecord.Field takeField(Bytes key) throws ResyncRequiredException {
      fill();
      if (records.peek() instanceof VersionedRecord.Field field && field.key().equals(key)) {
        records.remove();
        return field;
      }
      return null;
    }

    /** Reads ahead to the end of {@code key}, which is the next one. */
    void readWhole(Bytes key) throws ResyncRequiredException {
      long bytes = 0;
      while (!complete && (records.isEmpty() || records.getLast().key().equals(key))) {
        bytes += pull();
        if (bytes > WHOLE_KEY_BYTES_MAX) {
          throw new ResyncRequiredException(
              "SWAPDB with a large key in both databases: a new snapshot is needed");
        }
      }
    }

    private void fill() throws ResyncRequiredException {
      while (records.isEmpty() && !complete) {
        pull();
      }
    }

    private long pull() throws ResyncRequiredException {
      Batch batch = database.pull(cursor, KeyFilter.ALL, PullLimits.DEFAULT);
      if (!batch.from().equals(cursor)) {
        throw new ResyncRequiredException(
            "SWAPDB took so long that its beginning is forgotten: a new snapshot is needed");
      }
      long bytes = 0;
      for (VersionedRecord record : batch.records()) {
        records.add(record);
        bytes += record.sizeBytes();
      }
      cursor = batch.to();
      complete = cursor instanceof Cursor.At;
      return bytes;
    }
  }
}
