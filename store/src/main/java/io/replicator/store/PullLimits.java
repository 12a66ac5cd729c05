package io.replicator.store;

/**
 * Where a pull stops, whichever comes first.
 *
 * @param bytesMax sum of {@link io.replicator.replication.VersionedRecord#sizeBytes}; the record
 *     that crosses it is still in
 * @param rowsMax rows looked at, matching or not: what bounds the time of one pull
 */
public record PullLimits(int bytesMax, int rowsMax) {
  public static final PullLimits DEFAULT = new PullLimits(256 * 1024, 100_000);

  public PullLimits {
    if (bytesMax < 1 || rowsMax < 1) {
      throw new IllegalArgumentException("pull limits " + bytesMax + " B, " + rowsMax + " rows");
    }
  }
}
