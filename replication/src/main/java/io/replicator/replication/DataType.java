package io.replicator.replication;

/**
 * What a key holds. The codes are stored and sent: they never change meaning.
 *
 * <p>Layouts of values: a <em>string</em> is its bytes. A <em>list</em> is one value, its elements
 * each as an unsigned LEB128 length and the bytes. A <em>hash</em> has a field per hash field. A
 * <em>set</em> has a field per member with an empty value. A <em>zset</em> has a field per member;
 * the value is the score as 8 bytes, IEEE 754 big-endian. A <em>stream</em> has a field per entry
 * id (milliseconds and sequence, 8 bytes big-endian each); the value is its names and values in
 * turn, each as LEB128 length and the bytes. An <em>opaque</em> value is what Redis' DUMP returns,
 * for types without a form of their own (modules).
 */
public enum DataType {
  STRING(1, false),
  LIST(2, false),
  HASH(3, true),
  SET(4, true),
  ZSET(5, true),
  STREAM(6, true),
  OPAQUE(7, false);

  private static final DataType[] BY_CODE = new DataType[8];

  static {
    for (DataType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;
  private final boolean collection;

  DataType(int code, boolean collection) {
    this.code = code;
    this.collection = collection;
  }

  public int code() {
    return code;
  }

  /** Whether the fields are records of their own; otherwise the header carries the whole value. */
  public boolean isCollection() {
    return collection;
  }

  /**
   * @throws IllegalArgumentException for a code that is not one
   */
  public static DataType of(int code) {
    if (code < 1 || code >= BY_CODE.length) {
      throw new IllegalArgumentException("type code " + code + ", known are 1 to 7");
    }
    return BY_CODE[code];
  }
}
