package io.replicator.actors.hub;

import java.time.Duration;

/**
 * A write that was not taken, and did nothing: too many wait already, or the hub is stopping. It
 * may be tried again later, here or at the hub that follows.
 */
public final class WriteRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Duration retryAfter;

  WriteRefusedException(String message, Duration retryAfter) {
    // Expected under load, and then many of them: a stack trace tells nothing.
    super(message, null, false, false);
    this.retryAfter = retryAfter;
  }

  /** After what time it is worth trying again. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
