package io.replicator.actors.hub;

import io.replicator.replication.QosLevel;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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

  /** The databases whose changes come from there, in their order. */
  Set<String> names(HubDatabase.Origin origin) {
    return databases.stream()
        .filter(database -> database.origin() == origin)
        .map(ServedDatabase::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** A database, the lane that its records travel in, and where they come from. */
  public record ServedDatabase(String name, QosLevel level, HubDatabase.Origin origin) {}
}
