package io.replicator.streams;

/** The bits of a byte of the {@code kinds} column. */
final class RecordKind {
  static final int HEADER = 0;
  static final int FIELD = 1;
  static final int DELETED_KEY = 2;
  static final int DELETED_FIELD = 3;

  static final int KIND_MASK = 0b11;
  static final int TYPE_SHIFT = 2;
  static final int TYPE_MASK = 0b111;
  static final int HAS_EXPIRY = 1 << 5;
  static final int REPLACES = 1 << 6;
  static final int SAME_KEY = 1 << 7;

  private RecordKind() {}
}
