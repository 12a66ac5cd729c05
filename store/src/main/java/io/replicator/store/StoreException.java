package io.replicator.store;

/**
 * The store cannot be opened, read or written: what failed, where, and what to do about it. After
 * one from a write, the store takes no more writes until it is opened again.
 */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
