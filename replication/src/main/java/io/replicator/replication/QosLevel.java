package io.replicator.replication;

/**
 * The quality of service of a lane, most urgent first. The codes are sent: they never change
 * meaning.
 */
public enum QosLevel {
  REALTIME(0),
  HIGH(1),
  LOW(2),
  IDLE(3);

  private static final QosLevel[] BY_CODE = values();

  private final int code;

  QosLevel(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException for a code that is not one
   */
  public static QosLevel of(int code) {
    if (code < 0 || code > 3) {
      throw new IllegalArgumentException("QoS code " + code + ", known are 0 to 3");
    }
    return BY_CODE[code];
  }
}
