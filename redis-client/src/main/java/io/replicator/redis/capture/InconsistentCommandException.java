package io.replicator.redis.capture;

/**
 * A command cannot be executed on what is stored, although it succeeded in the source: the keys
 * that it names are read again from there. Expected now and then, so without a stack trace.
 */
final class InconsistentCommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InconsistentCommandException(String reason) {
    super(reason, null, false, false);
  }
}
