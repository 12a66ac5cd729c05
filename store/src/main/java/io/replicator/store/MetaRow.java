package io.replicator.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Keys of the rows about the store itself: a letter, then what it is about.
 *
 * <pre>
 *   e                       epoch(8)
 *   i                       the incarnation that has the store open, or had it; UTF-8
 *   o                       present while the store is open: it was not closed in order
 *   n db(2)                 name of a database, UTF-8
 *   s db(2)                 {@link Standing}
 *   g db(2) generation(8)   version(8) at which a collection was cut off whose log rows are left
 *   l db(2) after(8)        before(8): no version between the two was given to a change that is kept
 *   c source                checkpoint
 *   a name                  attachment
 * </pre>
 */
final class MetaRow {
  static final byte[] EPOCH = {'e'};
  static final byte[] INCARNATION = {'i'};
  static final byte[] OPEN = {'o'};
  static final char NAME = 'n';
  static final char STANDING = 's';
  static final char STALE_GENERATION = 'g';
  static final char LOST_RANGE = 'l';
  private static final char CHECKPOINT = 'c';
  private static final char ATTACHMENT = 'a';

  private MetaRow() {}

  static byte[] of(char kind, int database) {
    return new byte[] {(byte) kind, (byte) (database >>> 8), (byte) database};
  }

  static byte[] of(char kind, int database, long number) {
    byte[] row = Arrays.copyOf(of(kind, database), 3 + Long.BYTES);
    RowKey.putLong(row, 3, number);
    return row;
  }

  static byte[] checkpoint(String source) {
    return named(CHECKPOINT, source);
  }

  static byte[] attachment(String name) {
    return named(ATTACHMENT, name);
  }

  private static byte[] named(char kind, String name) {
    return (kind + name).getBytes(StandardCharsets.UTF_8);
  }

  static int database(byte[] row) {
    return (row[1] & 0xff) << 8 | (row[2] & 0xff);
  }

  static long number(byte[] row) {
    return RowKey.longAt(row, 3);
  }

  static byte[] value(long number) {
    byte[] value = new byte[Long.BYTES];
    RowKey.putLong(value, 0, number);
    return value;
  }
}
