package io.replicator.streams.verify;

import io.replicator.replication.Bytes;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.zip.CRC32;

/**
 * A fingerprint of a set of keys, in parts: of two sets, it tells which parts differ, and neither
 * has to be held. Each part is the sum of its keys' hashes. A key that is added twice counts twice:
 * at worst, equal parts are taken for different ones. That different ones are taken for equal is
 * less likely than a broken disk. A key is in the part that is its CRC-32 modulo the number of
 * parts. Thread-safe.
 */
public final class KeyDigest {
  private final AtomicLongArray sums;

  public KeyDigest(int parts) {
    sums = new AtomicLongArray(parts);
  }

  /** Adds a key that is in {@code place}: the same key at two places is two. */
  public void add(Bytes key, int place) {
    sums.addAndGet(part(key), mix(hash(key) + place));
  }

  /** Whether the part of {@code key} is not the same in both, which have equally many parts. */
  public boolean differs(KeyDigest other, Bytes key) {
    int part = part(key);
    return sums.get(part) != other.sums.get(part);
  }

  /** Whether any part is not the same. */
  public boolean differs(KeyDigest other) {
    return differs(other, 0, 1);
  }

  /**
   * Whether any part is not the same of those in which keys are whose CRC-32 modulo {@code buckets}
   * is {@code bucket}.
   *
   * @param buckets a divisor of the number of parts
   */
  public boolean differs(KeyDigest other, int bucket, int buckets) {
    for (int part = bucket; part < sums.length(); part += buckets) {
      if (sums.get(part) != other.sums.get(part)) {
        return true;
      }
    }
    return false;
  }

  private int part(Bytes key) {
    var crc = new CRC32();
    crc.update(key.array(), key.offset(), key.length());
    return (int) (crc.getValue() % sums.length());
  }

  /** FNV-1a over the bytes, then MurmurHash3's finalizer, which mixes well. */
  private static long hash(Bytes key) {
    long hash = 0xcbf29ce484222325L;
    byte[] array = key.array();
    int end = key.offset() + key.length();
    for (int i = key.offset(); i < end; i++) {
      hash = (hash ^ (array[i] & 0xff)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  private static long mix(long bits) {
    long mixed = bits;
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
