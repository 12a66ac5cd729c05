package io.replicator.streams.receive;

import io.replicator.protocol.v1.Refusal;

/** The hub answered the handshake with a refusal. */
public final class HubRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal.Reason reason;

  HubRefusedException(Refusal refusal) {
    super("the hub refused: " + refusal.getReason() + ": " + refusal.getDetail());
    this.reason = refusal.getReason();
  }

  public Refusal.Reason reason() {
    return reason;
  }
}
