package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys whose stored content is not what the source had at the stream's position, and so cannot
 * be built on:
 *
 * <ul>
 *   <li><em>stale</em>: to be read again from the source before the next flush;
 *   <li><em>ahead</em>: read again, when the source was at a later offset: what commands up to that
 *       offset do is in it already;
 *   <li><em>withheld</em>: exists in the source but not in the store, as it is over the limit or a
 *       stream without entries. Only a fingerprint is remembered, of a bounded number of keys; a
 *       collision, and an overflow, cost a needless read.
 * </ul>
 *
 * Confined to the capturing thread.
 */
final class DivergentKeys {
  static final int WITHHELD_MAX = 1024;
  private static final long STALE = Long.MAX_VALUE;

  /** A key of one database. */
  record DatabaseKey(int database, Bytes key) {}

  // Offset up to which commands are in the content already; STALE while nobody knows.
  private final Map<DatabaseKey, Long> knownUpTo = new HashMap<>();
  private final Set<DatabaseKey> stale = new HashSet<>();
  private long aheadMax;
  private final Map<Integer, Set<Long>> withheld = new HashMap<>();
  private int withheldCount;
  private boolean withheldOverflow;

  /** Whether every key can be built on. */
  boolean none() {
    return knownUpTo.isEmpty() && withheldCount == 0 && !withheldOverflow;
  }

  boolean anyStale() {
    return !stale.isEmpty();
  }

  boolean anyStaleOrAhead() {
    return !knownUpTo.isEmpty();
  }

  /**
   * Whether the effect of a command that ends at {@code offset} is or will be in the key anyway.
   */
  boolean covers(int database, Bytes key, long offset) {
    if (knownUpTo.isEmpty()) {
      return false;
    }
    Long upTo = knownUpTo.get(new DatabaseKey(database, key));
    return upTo != null && upTo >= offset;
  }

  void markStale(int database, Bytes key) {
    var stranger = new DatabaseKey(database, key.compact());
    knownUpTo.put(stranger, STALE);
    stale.add(stranger);
  }

  List<DatabaseKey> staleKeys() {
    return new ArrayList<>(stale);
  }

  /** Stale keys and those ahead: what a restart has to read again. */
  List<DatabaseKey> staleOrAhead() {
    return new ArrayList<>(knownUpTo.keySet());
  }

  /** The key was read when the source was at {@code offset}. */
  void wasRead(DatabaseKey key, long offset) {
    stale.remove(key);
    knownUpTo.put(key, offset);
    aheadMax = Math.max(aheadMax, offset);
  }

  /** The stream has come to {@code offset}: keys read no later than that are as any other. */
  void passed(long offset) {
    if (knownUpTo.isEmpty()) {
      return;
    }
    if (offset >= aheadMax && stale.isEmpty()) {
      knownUpTo.clear();
    } else if (offset >= aheadMax) {
      knownUpTo.keySet().retainAll(stale);
    }
  }

  /** All keys of the database that are stale or ahead have to be read again. */
  void markStale(int database) {
    for (DatabaseKey key : staleOrAhead()) {
      if (key.database() == database) {
        knownUpTo.put(key, STALE);
        stale.add(key);
      }
    }
  }

  void withhold(int database, Bytes key) {
    if (withheldCount >= WITHHELD_MAX) {
      withheldOverflow = true;
    } else if (withheld
        .computeIfAbsent(database, d -> new HashSet<>())
        .add(FieldFingerprints.of(key))) {
      withheldCount++;
    }
  }

  boolean isWithheld(int database, Bytes key) {
    if (withheldCount == 0) {
      return false;
    }
    Set<Long> fingerprints = withheld.get(database);
    return fingerprints != null && fingerprints.contains(FieldFingerprints.of(key));
  }

  void release(int database, Bytes key) {
    if (withheldCount == 0) {
      return;
    }
    Set<Long> fingerprints = withheld.get(database);
    if (fingerprints != null && fingerprints.remove(FieldFingerprints.of(key))) {
      withheldCount--;
    }
  }

  void releaseAll(int database) {
    Set<Long> released = withheld.remove(database);
    withheldCount -= released == null ? 0 : released.size();
  }

  void swapWithheld(int one, int other) {
    Set<Long> ofOne = withheld.remove(one);
    Set<Long> ofOther = withheld.remove(other);
    if (ofOne != null) {
      withheld.put(other, ofOne);
    }
    if (ofOther != null) {
      withheld.put(one, ofOther);
    }
  }

  /** Whether more keys are withheld than are remembered: then any absent key may be one. */
  boolean withheldOverflow() {
    return withheldOverflow;
  }

  void withheldOverflow(boolean overflow) {
    withheldOverflow = overflow;
  }

  /** Fingerprints by database. */
  Map<Integer, Set<Long>> withheld() {
    return withheld;
  }

  void withholdFingerprint(int database, long fingerprint) {
    if (withheld.computeIfAbsent(database, d -> new HashSet<>()).add(fingerprint)) {
      withheldCount++;
    }
  }

  void clear() {
    knownUpTo.clear();
    stale.clear();
    withheld.clear();
    withheldCount = 0;
    withheldOverflow = false;
    aheadMax = 0;
  }
}
