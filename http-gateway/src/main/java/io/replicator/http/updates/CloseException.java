package io.replicator.http.updates;

/** Ends a WebSocket with a code of RFC 6455, section 7.4, and a reason for people. */
final class CloseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  static final int NORMAL = 1000;
  static final int GOING_AWAY = 1001;
  static final int PROTOCOL_ERROR = 1002;
  static final int UNSUPPORTED_DATA = 1003;
  static final int POLICY_VIOLATION = 1008;
  static final int TOO_BIG = 1009;
  static final int INTERNAL_ERROR = 1011;
  static final int TRY_AGAIN_LATER = 1013;

  private final int code;

  CloseException(int code, String reason) {
    // An expected outcome: nobody reads the stack.
    super(reason, null, false, false);
    this.code = code;
  }

  int code() {
    return code;
  }
}
