package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A client's copy: applies batches as a sink does, and checks what a batch promises. */
final class Replica {
  final KeyFilter filter;
  final Keyspace copy = new Keyspace();
  Cursor cursor = Cursor.NOTHING;
  int batches;
  int records;
  int loads;

  private final Map<List<Bytes>, Long> versions = new HashMap<>();
  private final Set<List<Bytes>> inBatch = new HashSet<>();
  private final Set<Bytes> seen = new HashSet<>();
  private Bytes openKey;

  Replica(KeyFilter filter) {
    this.filter = filter;
  }

  Batch pull(Database database, PullLimits limits) {
    boolean admitted = database.admit(cursor).resetReason().isEmpty();
    Batch batch = database.pull(cursor, filter, limits);
    assertThat(batch.from()).isEqualTo(admitted ? cursor : Cursor.NOTHING);
    apply(batch);
    return batch;
  }

  /** Pulls up to a frontier. */
  Batch catchUp(Database database, PullLimits limits) {
    for (int i = 0; i < 1_000_000; i++) {
      Batch batch = pull(database, limits);
      if (batch.frontier()) {
        return batch;
      }
    }
    throw new AssertionError("no frontier");
  }

  void apply(Batch batch) {
    batches++;
    records += batch.records().size();
    if (batch.beginsLoad()) {
      loads++;
      seen.clear();
      versions.clear();
      openKey = null;
    }
    inBatch.clear();
    long lastVersion = 0;
    Bytes lastKey = null;
    for (VersionedRecord record : batch.records()) {
      assertThat(filter.matches(record.key())).isTrue();
      if (batch.ofLoad()) {
        assertThat(record)
            .isNotInstanceOfAny(
                VersionedRecord.DeletedKey.class, VersionedRecord.DeletedField.class);
        if (lastKey != null) {
          assertThat(record.key()).isGreaterThanOrEqualTo(lastKey);
        }
        lastKey = record.key();
      } else {
        assertThat(record.version()).isGreaterThan(lastVersion);
        lastVersion = record.version();
      }
      apply(record, batch.ofLoad());
    }
    if (!batch.openKey()) {
      openKey = null;
    } else if (!batch.records().isEmpty()) {
      openKey = batch.records().get(batch.records().size() - 1).key();
    }
    if (batch.endsLoad()) {
      copy.keys.keySet().retainAll(seen);
    }
    cursor = batch.to();
  }

  private void apply(VersionedRecord record, boolean ofLoad) {
    Bytes key = record.key();
    if (record instanceof VersionedRecord.Header header) {
      monotone(List.of(key), header.version());
      once(List.of(key));
      seen.add(key);
      Keyspace.Key present = copy.keys.get(key);
      if (header.replaces()) {
        present = new Keyspace.Key(header.type());
        copy.keys.put(key, present);
      }
      assertThat(present).as("header of %s without its generation", key).isNotNull();
      assertThat(present.type).isEqualTo(header.type());
      assertThat(header.replaces() || header.type().isCollection()).isTrue();
      present.value = header.value();
      present.expiresAtMs = header.expiresAtMs();
    } else if (record instanceof VersionedRecord.Field field) {
      monotone(List.of(key, field.field()), field.version());
      once(List.of(key, field.field()));
      assertThat(field.generation()).isLessThan(field.version());
      Keyspace.Key present = copy.keys.get(key);
      assertThat(present).as("field of %s without header", key).isNotNull();
      assertThat(present.type).isEqualTo(field.type());
      if (ofLoad && openKey == null) {
        assertThat(seen).contains(key);
      }
      present.fields.put(field.field(), field.value());
    } else if (record instanceof VersionedRecord.DeletedKey deleted) {
      monotone(List.of(key), deleted.version());
      once(List.of(key));
      copy.keys.remove(key);
    } else if (record instanceof VersionedRecord.DeletedField deleted) {
      monotone(List.of(key, deleted.field()), deleted.version());
      once(List.of(key, deleted.field()));
      Keyspace.Key present = copy.keys.get(key);
      assertThat(present).as("deleted field of %s without header", key).isNotNull();
      present.fields.remove(deleted.field());
    }
  }

  private void monotone(List<Bytes> of, long version) {
    Long before = versions.put(of, version);
    assertThat(before == null || before <= version)
        .as("%s at %s after %s", of, version, before)
        .isTrue();
  }

  private void once(List<Bytes> of) {
    assertThat(inBatch.add(of)).as("%s twice in a batch", of).isTrue();
  }
}
