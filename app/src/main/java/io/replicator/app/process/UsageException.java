package io.replicator.app.process;

/**
 * The command was used wrongly: the one-line message names the option or setting, its value and
 * what is allowed. Ends the command with exit code 2.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
