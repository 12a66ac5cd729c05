package io.replicator.redis.connection;

/** What failed at which Redis, and what to do. Shows no credentials. */
public final class RedisFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RedisFailedException(String message) {
    super(message);
  }

  public RedisFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
