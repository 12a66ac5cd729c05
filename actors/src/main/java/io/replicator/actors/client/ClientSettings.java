package io.replicator.actors.client;

import io.replicator.replication.KeyGlob;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What a client is told; validated by whoever reads the configuration.
 *
 * @param hubs to try in turn, unresolved addresses
 * @param subscriptions none for every database of the hub
 * @param name for people, in the hub's status
 * @param groupBytesMax how large a group of batches may be that is applied in one transaction
 * @param backoffMin and {@code backoffMax}: pause after a failed connection, doubling with jitter
 *     between them
 * @param once stop as soon as every feed is caught up
 */
public record ClientSettings(
    List<InetSocketAddress> hubs,
    List<ClientSubscription> subscriptions,
    String name,
    int groupBytesMax,
    Duration backoffMin,
    Duration backoffMax,
    Duration handshakeTimeout,
    boolean once) {

  /** Keys of one database; none of {@code patterns} for all of them. */
  public record ClientSubscription(String database, List<KeyGlob> patterns) {}
}
