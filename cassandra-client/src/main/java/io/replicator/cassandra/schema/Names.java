package io.replicator.cassandra.schema;

import io.replicator.replication.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * Keys, fields and members as text, so that people can type them: what is UTF-8 is itself. What is
 * not, or begins with <code>\x</code>, is <code>\x</code> and its bytes in hex digits, as
 * PostgreSQL writes them. One to one in both directions.
 */
public final class Names {
  /** Longest name, in bytes of its text: what Cassandra holds in a key of several columns. */
  public static final int BYTES_MAX = 65_000;

  private static final String ESCAPE = "\\x";
  private static final Bytes ESCAPE_BYTES = Bytes.utf8(ESCAPE);

  private Names() {}

  public static String text(Bytes name) {
    String text = utf8OrNull(name);
    return text == null || text.startsWith(ESCAPE)
        ? ESCAPE
            + HexFormat.of().formatHex(name.array(), name.offset(), name.offset() + name.length())
        : text;
  }

  /**
   * @throws IllegalArgumentException where it begins with the escape, but is none
   */
  public static Bytes bytes(String text) {
    return text.startsWith(ESCAPE)
        ? Bytes.wrap(HexFormat.of().parseHex(text, ESCAPE.length(), text.length()))
        : Bytes.utf8(text);
  }

  /** The same of the text as the protocol has it, which nobody writes to any more. */
  public static Bytes decoded(ByteBuffer encoded) {
    Bytes text =
        encoded.hasArray()
            ? Bytes.wrap(
                encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining())
            : copy(encoded);
    return text.startsWith(ESCAPE_BYTES) ? bytes(text.asUtf8()) : text;
  }

  private static Bytes copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return Bytes.wrap(bytes);
  }

  /** The text that the bytes are in UTF-8; null where they are not. */
  public static String utf8OrNull(Bytes bytes) {
    if (isAscii(bytes)) {
      return new String(bytes.array(), bytes.offset(), bytes.length(), StandardCharsets.ISO_8859_1);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length()))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static boolean isAscii(Bytes bytes) {
    for (int i = 0; i < bytes.length(); i++) {
      if (bytes.at(i) < 0) {
        return false;
      }
    }
    return true;
  }

  /** The text as the protocol wants it. Shares the bytes where it can. */
  public static ByteBuffer encoded(Bytes name) {
    return isUtf8(name) && !name.startsWith(ESCAPE_BYTES)
        ? ByteBuffer.wrap(name.array(), name.offset(), name.length()).slice()
        : ByteBuffer.wrap(text(name).getBytes(StandardCharsets.US_ASCII));
  }

  /** The same as bytes. */
  public static Bytes encodedBytes(Bytes name) {
    ByteBuffer encoded = encoded(name);
    return Bytes.wrap(
        encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
  }

  /** Whether the bytes are text in UTF-8. */
  public static boolean isUtf8(Bytes bytes) {
    return isAscii(bytes) || utf8OrNull(bytes) != null;
  }

  /** Whether the text of a name fits a column of a primary key. */
  public static boolean fits(Bytes name) {
    return 2 * name.length() + ESCAPE.length() <= BYTES_MAX
        || (name.length() <= BYTES_MAX
            && utf8OrNull(name) != null
            && !text(name).startsWith(ESCAPE));
  }

  /** CRC-32 of the bytes, as every language has it, modulo {@code buckets}. */
  public static int bucket(Bytes name, int buckets) {
    var crc = new CRC32();
    crc.update(name.array(), name.offset(), name.length());
    return (int) (crc.getValue() % buckets);
  }
}
