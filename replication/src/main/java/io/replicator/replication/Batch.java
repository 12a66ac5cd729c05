package io.replicator.replication;

import java.util.List;
import java.util.Objects;

/**
 * What one bounded read of a database after a cursor returned, on the newest state.
 *
 * <p>Invariants: a batch of a load ({@code to} is {@link Cursor.Loading}, or {@code from} is not
 * {@link Cursor.At}) holds no tombstones, and its records come in key order, the header of a key
 * before its fields. A batch of a delta holds records in version order, each (key, field) once, a
 * header that replaces before the fields of its generation.
 *
 * @param from the cursor that was pulled from
 * @param to the cursor of a copy that has applied this batch
 * @param frontier whether a copy at {@code to} equals the database at one instant, a state that the
 *     source had
 * @param openKey whether the last key of a load's batch, or the one that was open before it where
 *     it has no records, may have fields that only the next batch brings
 * @param records owned by the batch, never modified
 * @param passedOver how many changes of keys that the filter does not let through were read for a
 *     delta; not sent, and 0 with whoever received the batch
 */
public record Batch(
    Cursor from,
    Cursor to,
    boolean frontier,
    boolean openKey,
    List<VersionedRecord> records,
    int passedOver) {
  public Batch(
      Cursor from, Cursor to, boolean frontier, boolean openKey, List<VersionedRecord> records) {
    this(from, to, frontier, openKey, records, 0);
  }

  public Batch {
    Objects.requireNonNull(from);
    Objects.requireNonNull(to);
    if (to instanceof Cursor.Nothing) {
      throw new IllegalArgumentException("a batch leads to a cursor");
    }
  }

  /**
   * Whether this batch begins a load: the copy must forget, at the first frontier after it, what
   * neither the load nor the delta behind it has brought.
   */
  public boolean beginsLoad() {
    return from instanceof Cursor.Nothing;
  }

  /** Whether this batch belongs to a load rather than to a delta. */
  public boolean ofLoad() {
    return !(from instanceof Cursor.At);
  }

  /** Whether this batch is the last one of a load. */
  public boolean endsLoad() {
    return ofLoad() && to instanceof Cursor.At;
  }
}
