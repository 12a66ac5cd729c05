package io.replicator.cassandra.apply;

import io.replicator.cassandra.schema.Table;
import io.replicator.replication.Bytes;

/**
 * What the target's directory says of keys that were written or asked for lately, so that most
 * changes need no read: a cache of fixed size, four entries for each place of a hash.
 *
 * <p>A key is known by 64 bits of a hash of its name; that two keys of a target share them is less
 * likely than a broken disk. An entry is {@link #UNKNOWN}, or the tables that the key is in as bits
 * and when it expires. Thread-safe.
 */
final class KnownKeys {
  /** Nothing is known of the key: the directory must be asked. */
  static final long UNKNOWN = -1;

  private static final int WAYS = 4;
  private static final int TABLE_BITS = 16;

  // Two longs for each entry: hash, state. A hash of 0 is an empty entry.
  private final long[] entries;
  private final int sets;
  private int turn;

  /**
   * @param capacity entries, a power of two, at least 4
   */
  KnownKeys(int capacity) {
    if (Integer.bitCount(capacity) != 1 || capacity < WAYS) {
      throw new IllegalArgumentException("capacity " + capacity + " is no power of two from 4 on");
    }
    this.sets = capacity / WAYS;
    this.entries = new long[2 * capacity];
  }

  /** As {@link #get} returns it. */
  static long state(int tables, long expiresAtMs) {
    return expiresAtMs << TABLE_BITS | tables;
  }

  /** Tables that the key may be in, as bits of {@link Table#bit}. */
  static int tables(long state) {
    return (int) (state & ((1 << TABLE_BITS) - 1));
  }

  /** 0 for never. */
  static long expiresAtMs(long state) {
    return state >>> TABLE_BITS;
  }

  /**
   * @param salt of the feed: another one makes every key unknown
   * @return {@link #UNKNOWN} or a state
   */
  synchronized long get(long salt, Bytes key) {
    long hash = hash(salt, key);
    int at = place(hash);
    for (int i = at; i < at + 2 * WAYS; i += 2) {
      if (entries[i] == hash) {
        return entries[i + 1];
      }
    }
    return UNKNOWN;
  }

  synchronized void put(long salt, Bytes key, long state) {
    long hash = hash(salt, key);
    int at = place(hash);
    int free = -1;
    for (int i = at; i < at + 2 * WAYS; i += 2) {
      if (entries[i] == hash) {
        entries[i + 1] = state;
        return;
      }
      if (entries[i] == 0) {
        free = i;
      }
    }
    if (free < 0) {
      turn = (turn + 1) % WAYS;
      free = at + 2 * turn;
    }
    entries[free] = hash;
    entries[free + 1] = state;
  }

  private int place(long hash) {
    return (int) ((hash >>> 32) & (sets - 1)) * 2 * WAYS;
  }

  /** FNV-1a over the bytes, then MurmurHash3's finalizer, which mixes well. Never 0. */
  private static long hash(long salt, Bytes key) {
    long hash = 0xcbf29ce484222325L ^ mix(salt + 0x9e3779b97f4a7c15L);
    byte[] array = key.array();
    int end = key.offset() + key.length();
    for (int i = key.offset(); i < end; i++) {
      hash = (hash ^ (array[i] & 0xff)) * 0x100000001b3L;
    }
    hash = mix(hash);
    return hash == 0 ? 1 : hash;
  }

  private static long mix(long bits) {
    long mixed = bits;
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
