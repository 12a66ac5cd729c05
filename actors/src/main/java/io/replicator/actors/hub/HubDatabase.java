package io.replicator.actors.hub;

import io.replicator.replication.QosLevel;
import io.replicator.store.Database;

/**
 * A database that a hub serves, as others in the same process see it. Immutable; any thread.
 *
 * @param level the lane that its records travel in
 */
public record HubDatabase(String name, QosLevel level, Origin origin, Database database) {
  /** Where the changes of a database come from. */
  public enum Origin {
    /** From a source: it is read here, and written there. */
    CAPTURED,
    /** From whoever writes here: it is the hub's own. */
    EMBEDDED
  }
}
