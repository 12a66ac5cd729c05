package io.replicator.actors.hub;

import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.List;

/**
 * A hub at one moment, for the status command, the operator's page and the demonstration.
 * Serialised to JSON as it is: component names are part of the contract of {@code GET /v1/status}.
 * Its size does not depend on how many sessions there are: {@link StatusQuery}.
 *
 * @param startedAtMs milliseconds since 1970
 * @param atMs when this was so, milliseconds since 1970
 * @param sessions those that were asked for
 * @param sessionsFound how many there are of which {@code sessions} are the first
 * @param totals over all sessions
 */
public record HubStatus(
    String hubId,
    String epoch,
    String address,
    long startedAtMs,
    long atMs,
    List<SourceStatus> sources,
    List<DatabaseStatus> databases,
    List<SessionStatus> sessions,
    long sessionsFound,
    SessionTotals totals) {

  /**
   * One database of the store.
   *
   * @param origin where its changes come from: {@code captured} or {@code embedded}
   */
  public record DatabaseStatus(
      String name,
      String qos,
      String origin,
      long keys,
      long head,
      long horizon,
      long tombstones,
      long bytes,
      boolean loading) {}
}
