package io.replicator.benchmarks;

import io.replicator.benchmarks.child.Commands;
import java.io.IOException;
import java.util.Map;

/**
 * The program: a hub in a JVM of its own, so that what it takes can be told from what its clients
 * take. Arguments: the port of the source, and how many keys of database 0 to wait for.
 *
 * <pre>
 *   ports       where it listens
 *   sessions    how many there are
 * </pre>
 */
public final class HubServer {
  private HubServer() {}

  public static void main(String[] arguments) throws IOException {
    try (BenchmarkHub hub =
        BenchmarkHub.withHttp(Integer.parseInt(arguments[0]), Long.parseLong(arguments[1]))) {
      new Commands()
          .with("ports", words -> Map.of("tcp", hub.port(), "http", hub.httpPort()))
          .with("sessions", words -> hub.status().sessions().size())
          .serve();
    }
    System.exit(0); // the parent has ended
  }
}
