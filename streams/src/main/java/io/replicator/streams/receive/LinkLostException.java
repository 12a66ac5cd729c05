package io.replicator.streams.receive;

/** The connection ended, or the hub fell silent, without anything being wrong with the session. */
public final class LinkLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LinkLostException(String message) {
    super(message);
  }

  LinkLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
