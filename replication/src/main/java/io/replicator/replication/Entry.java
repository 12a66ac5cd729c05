package io.replicator.replication;

import java.util.Map;
import java.util.Objects;

/**
 * One key with all that it holds, in the layouts of {@link DataType}.
 *
 * @param value of a type that is no collection, otherwise empty
 * @param fields of a collection, otherwise empty; in any order, owned by the entry
 * @param expiresAtMs milliseconds since 1970, 0 for never
 */
public record Entry(
    Bytes key, DataType type, Bytes value, Map<Bytes, Bytes> fields, long expiresAtMs) {
  public Entry {
    Objects.requireNonNull(key);
    Objects.requireNonNull(value);
    Objects.requireNonNull(fields);
    if (type.isCollection() ? !value.isEmpty() : !fields.isEmpty()) {
      throw new IllegalArgumentException(
          "a " + type + " with " + value.length() + " bytes and " + fields.size() + " fields");
    }
  }
}
