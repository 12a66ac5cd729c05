package io.replicator.cassandra.connection;

/**
 * Something at the target went wrong that may mend: it is away, overloaded, its schema changed, or
 * somebody has to correct a setting there. The message says what, where, and what to do; for one
 * cause it is always the same, so that it is logged once.
 */
public final class CassandraFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CassandraFailedException(String message) {
    super(message);
  }

  public CassandraFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
