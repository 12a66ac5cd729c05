package io.replicator.streams;

import io.replicator.replication.Epoch;
import java.util.List;

/** Who a client talks to, as the handshake told. */
public record HubIdentity(String hubId, Epoch epoch, List<SourceIdentity> sources) {
  /**
   * Where a hub's data comes from.
   *
   * @param id {@code redis:} and the server's run id
   */
  public record SourceIdentity(String id, String address, List<String> databases) {}
}
