package io.replicator.store;

import io.replicator.replication.KeyGlob;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Record rows from {@code begin} inclusive to {@code end} exclusive: those of all keys with one
 * prefix, or of one key. Of two such ranges one is within the other, or they are apart.
 */
final class RowRange {
  static final Comparator<RowRange> BY_BEGIN =
      (a, b) -> {
        int order = Arrays.compareUnsigned(a.begin, b.begin);
        return order != 0 ? order : Arrays.compareUnsigned(b.end, a.end);
      };

  private final byte[] begin;
  private final byte[] end;

  private RowRange(byte[] begin, byte[] end) {
    this.begin = begin;
    this.end = end;
  }

  byte[] begin() {
    return begin;
  }

  /** Where the keys are that can match. */
  static RowRange of(int database, KeyGlob glob) {
    if (glob.isLiteral()) {
      byte[] header = RowKey.header(database, glob.literalPrefix());
      return new RowRange(header, RowKey.fieldsEnd(header));
    }
    byte[] prefix = RowKey.keyPrefix(database, glob.literalPrefix());
    return new RowRange(prefix, following(prefix));
  }

  // There is one: the first bytes are the number of a database, which is never the highest.
  private static byte[] following(byte[] prefix) {
    int last = prefix.length - 1;
    while (prefix[last] == (byte) 0xff) {
      last--;
    }
    byte[] end = Arrays.copyOf(prefix, last + 1);
    end[last]++;
    return end;
  }

  /** Whether {@code row} is before the end. */
  boolean endsAfter(byte[] row) {
    return Arrays.compareUnsigned(row, end) < 0;
  }
}
