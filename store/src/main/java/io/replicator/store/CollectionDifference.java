package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which fields of a stored collection to put and to remove so that it becomes another. */
record CollectionDifference(List<Bytes> put, List<Bytes> removed) {

  /**
   * Null where a new generation is cheaper: it takes a record for each field and one more. And
   * where nothing else would do: copies of a stream can append, but not insert.
   */
  static CollectionDifference between(FieldWalk walk, RecordRow header, Map<Bytes, Bytes> fields) {
    long changesMax = fields.size();
    if (Math.abs(header.fields() - fields.size()) > changesMax) {
      return null;
    }
    List<Bytes> put = new ArrayList<>();
    List<Bytes> removed = new ArrayList<>();
    Set<Bytes> kept = new HashSet<>();
    walk.forEach(
        Bytes.EMPTY,
        (field, value) -> {
          Bytes wanted = fields.get(field);
          if (wanted == null) {
            removed.add(field);
          } else {
            kept.add(field);
            if (!wanted.equals(value)) {
              put.add(field);
            }
          }
          return put.size() + removed.size() <= changesMax;
        });
    if (put.size() + removed.size() > changesMax) {
      return null;
    }
    for (Bytes field : fields.keySet()) {
      if (!kept.contains(field)) {
        put.add(field);
      }
    }
    if (put.size() + removed.size() > changesMax) {
      return null;
    }
    if (header.type() == DataType.STREAM && !appendsOnly(put, kept, removed)) {
      return null;
    }
    return new CollectionDifference(put, removed);
  }

  private static boolean appendsOnly(List<Bytes> put, Set<Bytes> kept, List<Bytes> removed) {
    Bytes last = Bytes.EMPTY;
    for (Collection<Bytes> stored : List.of(kept, removed)) {
      for (Bytes field : stored) {
        last = field.compareTo(last) > 0 ? field : last;
      }
    }
    for (Bytes field : put) {
      if (field.compareTo(last) <= 0) {
        return false;
      }
      last = field;
    }
    return true;
  }
}
