package io.replicator.store;

import io.replicator.replication.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Keys of rows. All begin with the id of the database, so that a database is a range.
 *
 * <pre>
 *   record, header   db(2) | key, 0x00 as 0x00 0xFF | 0x00 0x00
 *   record, field    db(2) | key, 0x00 as 0x00 0xFF | 0x00 0x01 | field
 *   log, grave       db(2) | version(8)
 *   expiry           db(2) | due ms(8) | header row without db
 *   seen             as the header
 * </pre>
 *
 * Numbers are big-endian. Rows sort by key bytewise, the header of a key before its fields, a key
 * before every longer one.
 */
final class RowKey {
  static final int DATABASE_BYTES = 2;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final byte ESCAPE = (byte) 0xff;

  private RowKey() {}

  static long longAt(byte[] row, int at) {
    return (long) LONG.get(row, at);
  }

  static void putLong(byte[] row, int at, long value) {
    LONG.set(row, at, value);
  }

  /** What every row of the database begins with, and sorts after. */
  static byte[] databaseBegin(int database) {
    return new byte[] {(byte) (database >>> 8), (byte) database};
  }

  /** What every row of the database sorts before. */
  static byte[] databaseEnd(int database) {
    return databaseBegin(database + 1);
  }

  static byte[] header(int database, Bytes key) {
    return escaped(database, key, 2);
  }

  /** What the rows of all keys with this prefix, and no others, begin with. */
  static byte[] keyPrefix(int database, Bytes prefix) {
    return escaped(database, prefix, 0);
  }

  private static byte[] escaped(int database, Bytes key, int spare) {
    byte[] source = key.array();
    int from = key.offset();
    int end = from + key.length();
    int zeros = 0;
    for (int i = from; i < end; i++) {
      if (source[i] == 0) {
        zeros++;
      }
    }
    byte[] row = new byte[DATABASE_BYTES + key.length() + zeros + spare];
    row[0] = (byte) (database >>> 8);
    row[1] = (byte) database;
    if (zeros == 0) {
      key.copyTo(row, DATABASE_BYTES);
      return row;
    }
    int to = DATABASE_BYTES;
    for (int i = from; i < end; i++) {
      row[to++] = source[i];
      if (source[i] == 0) {
        row[to++] = ESCAPE;
      }
    }
    return row;
  }

  static byte[] field(byte[] header, Bytes field) {
    byte[] row = Arrays.copyOf(header, header.length + field.length());
    row[header.length - 1] = 1;
    field.copyTo(row, header.length);
    return row;
  }

  /** Where the field rows of a key begin. */
  static byte[] fieldsBegin(byte[] header) {
    byte[] row = header.clone();
    row[row.length - 1] = 1;
    return row;
  }

  /** What all rows of a key sort before, and those of the next key do not. */
  static byte[] fieldsEnd(byte[] header) {
    byte[] row = header.clone();
    row[row.length - 1] = 2;
    return row;
  }

  /** As {@link #fieldsEnd(byte[])} of the header whose terminator is at {@code terminator}. */
  static byte[] fieldsEnd(byte[] row, int terminator) {
    byte[] end = Arrays.copyOf(row, terminator + 2);
    end[terminator + 1] = 2;
    return end;
  }

  static byte[] versioned(int database, long version) {
    byte[] row = new byte[DATABASE_BYTES + Long.BYTES];
    row[0] = (byte) (database >>> 8);
    row[1] = (byte) database;
    putLong(row, DATABASE_BYTES, version);
    return row;
  }

  /** The version of a log or grave row, the due time of an expiry row. */
  static long number(byte[] row) {
    return longAt(row, DATABASE_BYTES);
  }

  static byte[] expiry(long expiresAtMs, byte[] header) {
    byte[] row = new byte[Long.BYTES + header.length];
    row[0] = header[0];
    row[1] = header[1];
    putLong(row, DATABASE_BYTES, expiresAtMs);
    System.arraycopy(
        header, DATABASE_BYTES, row, DATABASE_BYTES + Long.BYTES, header.length - DATABASE_BYTES);
    return row;
  }

  static byte[] headerOfExpiry(byte[] expiryRow) {
    byte[] header = new byte[expiryRow.length - Long.BYTES];
    header[0] = expiryRow[0];
    header[1] = expiryRow[1];
    int from = DATABASE_BYTES + Long.BYTES;
    System.arraycopy(expiryRow, from, header, DATABASE_BYTES, expiryRow.length - from);
    return header;
  }

  /** Where the two bytes are that end the key, in a record row that begins at {@code rowFrom}. */
  static int terminator(byte[] row, int rowFrom) {
    int i = rowFrom + DATABASE_BYTES;
    int last = row.length - 1;
    while (i < last) {
      if (row[i] == 0) {
        if (row[i + 1] != ESCAPE) {
          return i;
        }
        i++;
      }
      i++;
    }
    throw new StoreException("a record row without an end of its key: " + Bytes.wrap(row));
  }

  static boolean isField(byte[] row, int terminator) {
    return row[terminator + 1] == 1;
  }

  /** The key of a record row; a slice of the row where nothing is escaped. */
  static Bytes key(byte[] row, int rowFrom, int terminator) {
    int from = rowFrom + DATABASE_BYTES;
    int zeros = 0;
    for (int i = from; i < terminator; i++) {
      if (row[i] == 0) {
        zeros++;
        i++;
      }
    }
    if (zeros == 0) {
      return Bytes.wrap(row, from, terminator - from);
    }
    byte[] key = new byte[terminator - from - zeros];
    int to = 0;
    for (int i = from; i < terminator; i++) {
      key[to++] = row[i];
      if (row[i] == 0) {
        i++;
      }
    }
    return Bytes.wrap(key);
  }

  static Bytes field(byte[] row, int terminator) {
    return Bytes.wrap(row, terminator + 2, row.length - terminator - 2);
  }

  static boolean startsWith(byte[] row, byte[] prefix) {
    return row.length >= prefix.length
        && Arrays.equals(row, 0, prefix.length, prefix, 0, prefix.length);
  }
}
