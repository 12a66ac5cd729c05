package io.replicator.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Golden bytes: hex digits in a resource, white space for people. */
final class Hex {
  private Hex() {}

  /** Null where there is no such resource. */
  static byte[] resource(String name) throws IOException {
    try (InputStream in = Hex.class.getResourceAsStream(name)) {
      return in == null ? null : bytes(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
    }
  }

  static byte[] bytes(String text) {
    return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
  }

  static String text(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
