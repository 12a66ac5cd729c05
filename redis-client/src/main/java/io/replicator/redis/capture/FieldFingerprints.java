package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.util.Arrays;

/**
 * A set of 64-bit fingerprints of byte strings, 8 to 24 bytes each: tells which of a million fields
 * were seen without keeping them. Two different fields of a collection share a fingerprint with a
 * probability of about 1 to 10<sup>7</sup> for a collection of a million.
 */
final class FieldFingerprints {
  // Open addressing, at most two thirds full; 0 marks a free place.
  private long[] table = new long[1 << 15];
  private int size;

  static long of(Bytes bytes) {
    byte[] array = bytes.array();
    long hash = 0x9e3779b97f4a7c15L ^ bytes.length();
    for (int i = bytes.offset(), end = i + bytes.length(); i < end; i++) {
      hash = (hash ^ (array[i] & 0xff)) * 0xff51afd7ed558ccdL;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  void add(Bytes bytes) {
    if (insert(table, nonZero(of(bytes)))) {
      size++;
      if (size > table.length / 3 * 2) {
        grow();
      }
    }
  }

  boolean contains(Bytes bytes) {
    long fingerprint = nonZero(of(bytes));
    int mask = table.length - 1;
    for (int i = (int) fingerprint & mask; table[i] != 0; i = (i + 1) & mask) {
      if (table[i] == fingerprint) {
        return true;
      }
    }
    return false;
  }

  int size() {
    return size;
  }

  private void grow() {
    long[] larger = new long[table.length * 2];
    Arrays.stream(table).filter(fingerprint -> fingerprint != 0).forEach(f -> insert(larger, f));
    table = larger;
  }

  private static boolean insert(long[] table, long fingerprint) {
    int mask = table.length - 1;
    int i = (int) fingerprint & mask;
    while (table[i] != 0) {
      if (table[i] == fingerprint) {
        return false;
      }
      i = (i + 1) & mask;
    }
    table[i] = fingerprint;
    return true;
  }

  private static long nonZero(long fingerprint) {
    return fingerprint == 0 ? 1 : fingerprint;
  }
}
