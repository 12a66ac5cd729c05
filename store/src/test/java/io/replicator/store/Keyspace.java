package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import java.util.Map;
import java.util.TreeMap;

/** What a database holds, in memory: the model that a store and its copies are compared with. */
final class Keyspace {
  final TreeMap<Bytes, Key> keys = new TreeMap<>();

  static final class Key {
    final DataType type;
    Bytes value = Bytes.EMPTY;
    long expiresAtMs;
    final TreeMap<Bytes, Bytes> fields = new TreeMap<>();

    Key(DataType type) {
      this.type = type;
    }

    Key copy() {
      Key copy = new Key(type);
      copy.value = value;
      copy.expiresAtMs = expiresAtMs;
      copy.fields.putAll(fields);
      return copy;
    }

    @Override
    public boolean equals(Object object) {
      return object instanceof Key other
          && type == other.type
          && value.equals(other.value)
          && expiresAtMs == other.expiresAtMs
          && fields.equals(other.fields);
    }

    @Override
    public int hashCode() {
      return type.hashCode();
    }

    @Override
    public String toString() {
      return type + " " + value + " until " + expiresAtMs + " " + fields;
    }
  }

  Keyspace copy() {
    Keyspace copy = new Keyspace();
    keys.forEach((name, key) -> copy.keys.put(name, key.copy()));
    return copy;
  }

  Keyspace filtered(KeyFilter filter) {
    Keyspace matching = new Keyspace();
    keys.forEach(
        (name, key) -> {
          if (filter.matches(name)) {
            matching.keys.put(name, key);
          }
        });
    return matching;
  }

  long bytes() {
    long bytes = 0;
    for (Map.Entry<Bytes, Key> key : keys.entrySet()) {
      bytes += key.getKey().length() + key.getValue().value.length();
      for (Map.Entry<Bytes, Bytes> field : key.getValue().fields.entrySet()) {
        bytes += field.getKey().length() + field.getValue().length();
      }
    }
    return bytes;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Keyspace other && keys.equals(other.keys);
  }

  @Override
  public int hashCode() {
    return keys.hashCode();
  }

  @Override
  public String toString() {
    return keys.toString();
  }
}
