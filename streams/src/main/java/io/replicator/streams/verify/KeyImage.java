package io.replicator.streams.verify;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.List;

/**
 * What a key holds at one instant.
 *
 * @param size bytes of a string or opaque value, elements of anything else
 * @param expiresAtMs 0 for never
 * @param parts the value so that equal values have equal parts, whatever order they are read in;
 *     null for one too large to hold, which is compared page by page
 * @param flaw in which way its place contradicts itself about the key, in words; null for none
 */
public record KeyImage(DataType type, long size, long expiresAtMs, List<Bytes> parts, String flaw) {
  /** One without a flaw. */
  public KeyImage(DataType type, long size, long expiresAtMs, List<Bytes> parts) {
    this(type, size, expiresAtMs, parts, null);
  }
}
