package io.replicator.streams;

/**
 * Writing to this target would be wrong, and will be until somebody changes a setting: retrying
 * does not help.
 */
public final class SinkRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SinkRefusedException(String message) {
    super(message);
  }
}
