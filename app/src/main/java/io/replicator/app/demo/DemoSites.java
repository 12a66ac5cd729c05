package io.replicator.app.demo;

import io.replicator.app.client.RunningClient;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.Overrides;
import io.replicator.app.hub.RunningHub;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Both sites of the demonstration: a source and its copy as processes of their own, the hub and the
 * client in this one, on free ports of the loopback interface. Set up as the commands would be,
 * with the same settings. Confined to one thread.
 */
final class DemoSites implements AutoCloseable {
  /** How long a redis-server of the demonstration may take to answer. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Path directory;
  private final RedisProcess source;
  private final RedisProcess copy;
  private RunningHub hub;
  private RunningClient client;

  private DemoSites(Path directory, RedisProcess source, RedisProcess copy) {
    this.directory = directory;
    this.source = source;
    this.copy = copy;
  }

  /** Starts the two servers. */
  static DemoSites start() {
    try {
      Path directory = Files.createTempDirectory("replicator-demo");
      RedisProcess source = RedisProcess.start();
      try {
        return new DemoSites(directory, source, RedisProcess.start());
      } catch (IOException e) {
        source.close();
        throw e;
      }
    } catch (IOException e) {
      throw new FailureException("redis-server cannot be started: " + e.getMessage(), e);
    }
  }

  RedisProcess source() {
    return source;
  }

  RedisProcess copy() {
    return copy;
  }

  RunningHub hub() {
    return hub;
  }

  RunningClient client() {
    return client;
  }

  /** For files that are gone when this is closed. */
  Path directory() {
    return directory;
  }

  /** The address of a page of the hub, for people. */
  String page(String path) {
    InetSocketAddress address = hub.httpAddress();
    String host = address.getAddress().isAnyLocalAddress() ? "127.0.0.1" : address.getHostString();
    return "http://" + host + ":" + address.getPort() + path;
  }

  /**
   * @param http where the pages are served
   */
  void startHub(String http) {
    String databases =
        DemoDatabases.ALL.stream().map(String::valueOf).collect(Collectors.joining(","));
    Overrides overrides =
        new Overrides()
            .set("replicator.hub.databases", "demo", databases)
            .set("replicator.hub.source.addresses", "demo", "127.0.0.1:" + source.port())
            .set("replicator.hub.listen", "demo", "127.0.0.1:0")
            .set("replicator.hub.http", "--http", http)
            .set("replicator.hub.drain-timeout", "demo", "0 s")
            .set("replicator.hub.data", "demo", directory.resolve("hub").toString());
    Configuration configuration = Configuration.load(overrides, null);
    hub = RunningHub.start(configuration.whole(), HubConfiguration.read(configuration));
  }

  void startClient(PrintWriter out) {
    Overrides overrides =
        new Overrides()
            .set("replicator.client.hubs", "demo", "127.0.0.1:" + hub.hub().address().getPort())
            .set("replicator.client.to", "demo", copy.uri())
            .set("replicator.client.name", "demo", "demo-client");
    Configuration configuration = Configuration.load(overrides, null);
    client =
        RunningClient.start(configuration.whole(), ClientConfiguration.read(configuration), out);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    if (hub != null) {
      hub.close();
    }
    copy.close();
    source.close();
    Failures.logged("left behind: " + directory, this::deleteFiles);
  }

  private void deleteFiles() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.deleteIfExists(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
