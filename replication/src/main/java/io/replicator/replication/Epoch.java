package io.replicator.replication;

/**
 * The random id of a store, made when it is created. Versions of two epochs cannot be compared.
 *
 * @param id never 0 for an existing store
 */
public record Epoch(long id) {
  @Override
  public String toString() {
    return String.format("%016x", id);
  }

  /**
   * @throws NumberFormatException if {@code text} is not what {@link #toString()} gives
   */
  public static Epoch parse(String text) {
    return new Epoch(Long.parseUnsignedLong(text, 16));
  }
}
