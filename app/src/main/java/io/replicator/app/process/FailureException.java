package io.replicator.app.process;

/**
 * The command could not do its work: the one-line message says what failed, where, and what to do.
 * Ends the command with exit code 1.
 */
public final class FailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FailureException(String message) {
    super(message);
  }

  public FailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
