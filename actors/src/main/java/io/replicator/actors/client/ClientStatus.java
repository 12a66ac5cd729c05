package io.replicator.actors.client;

import java.util.List;

/**
 * A client at one moment, for its progress bar and log.
 *
 * @param hub address connected to or tried last
 * @param state {@code connecting}, {@code loading}, {@code catching-up}, {@code live}, {@code
 *     waiting} (for the next attempt) or {@code stopped}
 * @param detail for people: why it waits or stopped
 * @param attempts connections tried since the last one that worked
 */
public record ClientStatus(
    String hub, String sink, String state, String detail, int attempts, List<FeedStatus> feeds) {

  /**
   * One feed.
   *
   * @param state {@code loading}, {@code catching-up} or {@code live}
   * @param version applied; of a load under way, the version at which it began
   * @param head of the hub, as last heard
   * @param records applied in this session
   * @param keysExpected about how many keys a load will bring: all of the database's
   * @param keysLoaded in the load under way or the last one
   * @param receivedBytes on the wire
   * @param plainBytes after decompression
   * @param lagMs from the hub's pull of the newest applied batch to its being applied, by the two
   *     clocks
   */
  public record FeedStatus(
      String database,
      String qos,
      String state,
      long version,
      long head,
      long records,
      long keysExpected,
      long keysLoaded,
      long receivedBytes,
      long plainBytes,
      long lagMs) {}
}
