package io.replicator.testkit.cassandra;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;

/**
 * A real cluster on the loopback addresses 127.0.0.1, 127.0.0.2 and so on, with equal parts of the
 * ring. Three nodes take some 15 s to start on two cores, and 1.6 GB.
 */
public final class CassandraCluster implements AutoCloseable {
  private final List<CassandraServer> nodes;

  private CassandraCluster(List<CassandraServer> nodes) {
    this.nodes = nodes;
  }

  /**
   * Starts the first node, then the others side by side, and waits until all answer.
   *
   * @param settings as for {@link CassandraServer#start}
   */
  public static CassandraCluster start(int size, String... settings) {
    List<CassandraServer> nodes = new ArrayList<>();
    try {
      int port = CassandraServer.freePort();
      int storagePort = CassandraServer.freePort();
      nodes.add(node(0, size, port, storagePort, settings));
      List<CompletableFuture<CassandraServer>> others =
          IntStream.range(1, size)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> node(i, size, port, storagePort, settings)))
              .toList();
      for (CompletableFuture<CassandraServer> other : others) {
        nodes.add(other.join());
      }
      return new CassandraCluster(List.copyOf(nodes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (CompletionException e) {
      nodes.forEach(CassandraServer::close);
      throw e;
    }
  }

  private static CassandraServer node(
      int i, int size, int port, int storagePort, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    // Tokens of Murmur3: from -2⁶³ on.
    BigInteger token =
        BigInteger.TWO
            .pow(64)
            .multiply(BigInteger.valueOf(i))
            .divide(BigInteger.valueOf(size))
            .subtract(BigInteger.TWO.pow(63));
    all.add("initial_token: " + token);
    return CassandraServer.start(
        new CassandraServer.Place("127.0.0." + (i + 1), port, storagePort, "127.0.0.1"), all);
  }

  public List<CassandraServer> nodes() {
    return nodes;
  }

  /** {@code HOST:PORT,HOST:PORT…}. */
  public String contactPoints() {
    return String.join(",", nodes.stream().map(CassandraServer::contactPoint).toList());
  }

  @Override
  public void close() {
    nodes.forEach(CassandraServer::close);
  }
}
