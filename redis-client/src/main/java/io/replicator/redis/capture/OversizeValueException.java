package io.replicator.redis.capture;

import io.replicator.replication.Bytes;

/**
 * What a command makes of a key is over the limit: the key is withheld. Expected, so without a
 * stack trace.
 */
final class OversizeValueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Bytes key;
  private final long bytes;

  OversizeValueException(Bytes key, long bytes) {
    super(bytes + " bytes", null, false, false);
    this.key = key;
    this.bytes = bytes;
  }

  Bytes key() {
    return key;
  }

  long bytes() {
    return bytes;
  }
}
