package io.replicator.streams.receive;

/** The sink failed to open or to apply: the session ends, another may go on from its cursors. */
public final class SinkFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SinkFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
