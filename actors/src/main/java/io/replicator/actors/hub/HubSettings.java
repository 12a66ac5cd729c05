package io.replicator.actors.hub;

import io.replicator.replication.QosLevel;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.time.Duration;
import java.util.List;

/**
 * What a hub is told; validated by whoever reads the configuration.
 *
 * @param host and {@code port}: where to listen for clients; port 0 for any free one
 * @param databases served, in the order of their lanes
 * @param drainTimeout how long a stop waits for clients to catch up; zero closes at once
 */
public record HubSettings(
    String host,
    int port,
    List<ServedDatabase> databases,
    StoreSettings store,
    SessionSettings session,
    Duration drainTimeout) {

  /** A database and the lane that its records travel in. */
  public record ServedDatabase(String name, QosLevel level) {}
}
