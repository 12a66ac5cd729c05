package io.replicator.replication;

/**
 * What {@link InFlightWindow} remembers of the bytes in flight: a ring of records in the order of
 * sending, each with the state of the session at that time. When the ring is full, every second
 * record is forgotten, the newest kept; the rest stays exact, there are only fewer samples. The
 * ring begins small and grows to its capacity when it is needed: most sessions of a hub are idle.
 *
 * <p>The record removed last is in the fields.
 */
final class SentRecords {
  private static final int COLUMNS = 6;
  private static final int ROOM_INITIAL = 8;
  private static final int APP_LIMITED = 1;
  private static final int NEARLY_EMPTY = 2;
  private static final int WINDOW_FULL = 4;

  // Per record: end (total sent), sentAtNs, firstSentAtNs, receivedTotal, receivedAtNs, flags.
  private long[] ring;
  private final int capacity;
  private int room;
  private int head;
  private int size;

  long sentAtNs;
  long firstSentAtNs;
  long receivedTotal;
  long receivedAtNs;
  boolean appLimited;
  boolean nearlyEmpty;
  boolean windowFull;

  SentRecords(int capacity) {
    this.capacity = capacity;
    this.room = Math.min(capacity, ROOM_INITIAL);
    this.ring = new long[room * COLUMNS];
  }

  int size() {
    return size;
  }

  void add(
      long end,
      long sentAtNs,
      long firstSentAtNs,
      long receivedTotal,
      long receivedAtNs,
      boolean appLimited,
      boolean nearlyEmpty,
      boolean windowFull) {
    if (size == capacity) {
      thinOut();
    } else if (size == room) {
      grow();
    }
    int at = slot(size++);
    ring[at] = end;
    ring[at + 1] = sentAtNs;
    ring[at + 2] = firstSentAtNs;
    ring[at + 3] = receivedTotal;
    ring[at + 4] = receivedAtNs;
    ring[at + 5] =
        (appLimited ? APP_LIMITED : 0)
            | (nearlyEmpty ? NEARLY_EMPTY : 0)
            | (windowFull ? WINDOW_FULL : 0);
  }

  /**
   * Removes the records whose bytes are all among the first {@code received}; the newest of them is
   * then in the fields.
   *
   * @return whether there was one
   */
  boolean removeUpTo(long received) {
    int last = -1;
    while (size > 0 && ring[slot(0)] <= received) {
      last = slot(0);
      head = (head + 1) % room;
      size--;
    }
    if (last < 0) {
      return false;
    }
    sentAtNs = ring[last + 1];
    firstSentAtNs = ring[last + 2];
    receivedTotal = ring[last + 3];
    receivedAtNs = ring[last + 4];
    appLimited = (ring[last + 5] & APP_LIMITED) != 0;
    nearlyEmpty = (ring[last + 5] & NEARLY_EMPTY) != 0;
    windowFull = (ring[last + 5] & WINDOW_FULL) != 0;
    return true;
  }

  private void grow() {
    int larger = Math.min(capacity, 2 * room);
    long[] copy = new long[larger * COLUMNS];
    for (int i = 0; i < size; i++) {
      System.arraycopy(ring, slot(i), copy, i * COLUMNS, COLUMNS);
    }
    ring = copy;
    room = larger;
    head = 0;
  }

  private void thinOut() {
    int kept = 0;
    for (int i = 1; i < size; i += 2) {
      System.arraycopy(ring, slot(i), ring, slot(kept++), COLUMNS);
    }
    size = kept;
  }

  private int slot(int index) {
    return (head + index) % room * COLUMNS;
  }
}
