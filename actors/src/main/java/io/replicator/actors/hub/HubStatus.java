package io.replicator.actors.hub;

import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.List;

/**
 * A hub at one moment, for the status command, the operator's page and the demonstration.
 * Serialised to JSON as it is: component names are part of the contract of {@code GET /v1/status}.
 *
 * @param startedAtMs milliseconds since 1970
 */
public record HubStatus(
    String hubId,
    String epoch,
    String address,
    long startedAtMs,
    List<SourceStatus> sources,
    List<DatabaseStatus> databases,
    List<SessionStatus> sessions) {

  /** One database of the store. */
  public record DatabaseStatus(
      String name,
      String qos,
      long keys,
      long head,
      long horizon,
      long tombstones,
      long bytes,
      boolean loading) {}
}
