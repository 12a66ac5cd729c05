package io.replicator.http.updates;

/** What messages a subprotocol consists of. */
enum WebSocketKind {
  /** Bytes in messages, the borders of which mean nothing. */
  BINARY(WebSocketKind.OPCODE_BINARY, "binary messages"),

  /** Each message is a text of its own. */
  TEXT(WebSocketKind.OPCODE_TEXT, "text messages");

  static final int OPCODE_CONTINUATION = 0x0;
  static final int OPCODE_TEXT = 0x1;
  static final int OPCODE_BINARY = 0x2;
  static final int OPCODE_CLOSE = 0x8;
  static final int OPCODE_PING = 0x9;
  static final int OPCODE_PONG = 0xa;

  private final int opcode;
  private final String text;

  WebSocketKind(int opcode, String text) {
    this.opcode = opcode;
    this.text = text;
  }

  int opcode() {
    return opcode;
  }

  String text() {
    return text;
  }
}
