package io.replicator.cassandra.settings;

import io.replicator.replication.KeyGlob;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A keyspace of a Cassandra cluster, and how to write there.
 *
 * @param contactPoints nodes to ask first, unresolved addresses
 * @param keyspace as its name is, without quotes
 * @param dataCenter whose nodes are asked; empty to take that of the contact points
 * @param username empty for none
 * @param tls how connections are encrypted, null for not at all
 * @param replication CQL map for a keyspace that does not exist, empty where none was given
 * @param consistency of every write and read
 * @param create whether the keyspace and tables may be created
 * @param large collections to be spread over several partitions
 * @param valueBytesMax of one value; more is refused and counted
 * @param requestTimeout after which a request counts as failed and is sent again
 * @param database number that the URI names, -1 where it names none
 */
public record CassandraTarget(
    List<InetSocketAddress> contactPoints,
    String keyspace,
    String dataCenter,
    String username,
    String password,
    Tls tls,
    String replication,
    Consistency consistency,
    boolean create,
    List<KeyGlob> large,
    int valueBytesMax,
    Duration requestTimeout,
    int database) {
  /** Single node, announced when it is used. */
  public static final String REPLICATION_DEFAULT =
      "{'class': 'SimpleStrategy', 'replication_factor': 1}";

  /** How many replicas must have answered. */
  public enum Consistency {
    LOCAL_QUORUM,
    QUORUM,
    EACH_QUORUM,
    ALL,
    LOCAL_ONE,
    ONE
  }

  /**
   * Encrypted connections.
   *
   * @param authorities PEM file of those to trust, empty for those of the JVM
   * @param certificate PEM file with the certificate and the key to present, empty for none
   */
  public record Tls(String authorities, String certificate) {}

  /**
   * @throws IllegalArgumentException that says which form there is
   */
  public static CassandraTarget parse(String uri) {
    return new TargetUri(uri).target();
  }

  /** Whether {@code uri} is meant to be one, right or wrong. */
  public static boolean isMeant(String uri) {
    return uri.startsWith(TargetUri.SCHEME);
  }

  /** The replication of a keyspace that does not exist yet. */
  public String replicationOrDefault() {
    return replication.isEmpty() ? REPLICATION_DEFAULT : replication;
  }

  /** Without credentials and options. */
  @Override
  public String toString() {
    return "cassandra://"
        + contactPoints.stream()
            .map(point -> point.getHostString() + ":" + point.getPort())
            .collect(Collectors.joining(","))
        + "/"
        + keyspace;
  }
}
