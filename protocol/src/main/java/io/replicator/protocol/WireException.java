package io.replicator.protocol;

import io.replicator.protocol.v1.Refusal;

/** What the peer sent is not acceptable; the message says what was wrong and what is allowed. */
public final class WireException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal.Reason reason;

  public WireException(Refusal.Reason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  public WireException(Refusal.Reason reason, String detail, Throwable cause) {
    super(detail, cause);
    this.reason = reason;
  }

  public Refusal.Reason reason() {
    return reason;
  }
}
