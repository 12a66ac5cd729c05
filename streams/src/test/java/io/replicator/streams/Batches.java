package io.replicator.streams;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Arbitrary batches that a hub could make. */
final class Batches {
  private static final List<DataType> COLLECTIONS =
      List.of(DataType.HASH, DataType.SET, DataType.ZSET, DataType.STREAM);

  private Batches() {}

  static Arbitrary<Batch> any() {
    return Arbitraries.oneOf(loads(), deltas());
  }

  static Arbitrary<Batch> loads() {
    return Combinators.combine(
            cursors(), cursors(), Arbitraries.of(true, false), records(false).list().ofMaxSize(40))
        .as(
            (from, to, flag, records) ->
                new Batch(
                    from instanceof Cursor.At ? Cursor.NOTHING : from,
                    to instanceof Cursor.Nothing ? new Cursor.At(new Epoch(7), 9) : to,
                    flag,
                    !flag,
                    records));
  }

  static Arbitrary<Batch> deltas() {
    return Combinators.combine(
            Arbitraries.longs(),
            Arbitraries.longs().between(0, Long.MAX_VALUE),
            Arbitraries.longs().between(0, Long.MAX_VALUE),
            Arbitraries.of(true, false),
            records(true).list().ofMaxSize(40))
        .as(
            (epoch, a, b, frontier, records) ->
                new Batch(
                    new Cursor.At(new Epoch(epoch | 1), Math.min(a, b)),
                    new Cursor.At(new Epoch(epoch | 1), Math.max(a, b)),
                    frontier,
                    false,
                    records));
  }

  static Arbitrary<Cursor> cursors() {
    return Arbitraries.oneOf(
        Arbitraries.just(Cursor.NOTHING),
        Combinators.combine(Arbitraries.longs(), Arbitraries.longs().between(0, Long.MAX_VALUE))
            .as((epoch, version) -> new Cursor.At(new Epoch(epoch | 1), version)),
        Combinators.combine(
                Arbitraries.longs(), Arbitraries.longs().between(0, Long.MAX_VALUE), bytes())
            .as((epoch, version, at) -> new Cursor.Loading(new Epoch(epoch | 1), version, at)));
  }

  /** Every byte, empty ones, and many with a common beginning. */
  static Arbitrary<Bytes> bytes() {
    return Arbitraries.oneOf(
        Arbitraries.bytes().array(byte[].class).ofMaxSize(20).map(Bytes::wrap),
        Arbitraries.strings().withChars("ab").ofMaxLength(3).map(tail -> Bytes.utf8("key:" + tail)),
        Arbitraries.bytes().array(byte[].class).ofMinSize(120).ofMaxSize(300).map(Bytes::wrap));
  }

  /** As a decoder gives them: what the wire does not carry is 0. */
  private static Arbitrary<VersionedRecord> records(boolean delta) {
    Arbitrary<Long> versions =
        delta ? Arbitraries.longs().between(0, Long.MAX_VALUE) : Arbitraries.just(0L);
    Arbitrary<VersionedRecord> headers =
        Combinators.combine(
                bytes(),
                Arbitraries.of(DataType.class),
                bytes(),
                Arbitraries.longs().injectNull(0.5),
                Arbitraries.of(true, false),
                versions)
            .as(
                (key, type, value, expiry, replaces, version) ->
                    new VersionedRecord.Header(
                        key,
                        type,
                        type.isCollection() ? Bytes.EMPTY : value,
                        expiry == null ? 0 : expiry,
                        replaces,
                        version,
                        replaces ? version : 0));
    Arbitrary<VersionedRecord> fields =
        Combinators.combine(bytes(), Arbitraries.of(COLLECTIONS), bytes(), bytes(), versions)
            .as(
                (key, type, field, value, version) ->
                    new VersionedRecord.Field(key, type, field, value, version, 0));
    if (!delta) {
      return Arbitraries.oneOf(headers, fields);
    }
    Arbitrary<VersionedRecord> deletedKeys =
        Combinators.combine(bytes(), versions).as(VersionedRecord.DeletedKey::new);
    Arbitrary<VersionedRecord> deletedFields =
        Combinators.combine(bytes(), Arbitraries.of(COLLECTIONS), bytes(), versions)
            .as(
                (key, type, field, version) ->
                    new VersionedRecord.DeletedField(key, type, field, version, 0));
    return Arbitraries.oneOf(headers, fields, deletedKeys, deletedFields);
  }

  /** Rows as a load brings them: strings in key order. */
  static Batch ofStrings(List<Bytes> keys, List<Bytes> values) {
    List<VersionedRecord> records = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      records.add(
          new VersionedRecord.Header(keys.get(i), DataType.STRING, values.get(i), 0, true, 0, 0));
    }
    return new Batch(
        Cursor.NOTHING, new Cursor.At(new Epoch(0x1122334455667788L), 1), true, false, records);
  }
}
