package io.replicator.benchmarks;

import io.replicator.actors.hub.HubStatus;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.Overrides;
import io.replicator.app.hub.RunningHub;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.SourceStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A hub in this JVM, set up as the command would be, that has captured its source. Its store lives
 * in a temporary directory that {@link #close} deletes.
 */
final class BenchmarkHub implements Copy.Way, AutoCloseable {
  private final Path directory;
  private final RunningHub hub;
  private final double captureSeconds;

  private BenchmarkHub(Path directory, RunningHub hub, double captureSeconds) {
    this.directory = directory;
    this.hub = hub;
    this.captureSeconds = captureSeconds;
  }

  /** Starts a hub and waits until it has stored {@code keys} keys of database 0. */
  static BenchmarkHub of(RedisProcess source, long keys) throws IOException {
    return of(source.port(), keys, "0", "off");
  }

  /** The same, serving {@code urgent} too, before database 0. */
  static BenchmarkHub withUrgent(RedisProcess source, long keys, int urgent) throws IOException {
    return of(source.port(), keys, urgent + ",0", "off");
  }

  /** The same as {@link #of(RedisProcess, long)}, with HTTP at any free port. */
  static BenchmarkHub withHttp(int sourcePort, long keys) throws IOException {
    return of(sourcePort, keys, "0", "127.0.0.1:0");
  }

  private static BenchmarkHub of(int sourcePort, long keys, String databases, String http)
      throws IOException {
    Path directory = Files.createTempDirectory("replicator-benchmark");
    Overrides overrides =
        new Overrides()
            .set("replicator.hub.databases", "benchmark", databases)
            .set("replicator.hub.source.addresses", "benchmark", "127.0.0.1:" + sourcePort)
            .set("replicator.hub.listen", "benchmark", "127.0.0.1:0")
            .set("replicator.hub.http", "benchmark", http)
            .set("replicator.hub.drain-timeout", "benchmark", "0 s")
            .set("replicator.hub.data", "benchmark", directory.resolve("hub").toString());
    Configuration configuration = Configuration.load(overrides, null);
    long startNs = System.nanoTime();
    RunningHub hub = RunningHub.start(configuration.whole(), HubConfiguration.read(configuration));
    Waiting.until("the hub to capture the source", () -> captured(status(hub), keys));
    return new BenchmarkHub(directory, hub, Waiting.secondsSince(startNs));
  }

  /** From the start of the hub until everything was stored. */
  double captureSeconds() {
    return captureSeconds;
  }

  int httpPort() {
    return hub.httpAddress().getPort();
  }

  HubStatus status() {
    return status(hub);
  }

  @Override
  public String name() {
    return "Replicator";
  }

  @Override
  public Copy open(int link) throws IOException {
    return new ReplicatorCopy(link);
  }

  @Override
  public int port() {
    return hub.hub().address().getPort();
  }

  @Override
  public long waitingBytes() {
    return status().sources().stream().mapToLong(SourceStatus::spoolBytes).sum();
  }

  @Override
  public void close() throws IOException {
    hub.close();
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

  private static HubStatus status(RunningHub hub) {
    return hub.hub().status().toCompletableFuture().join();
  }

  private static boolean captured(HubStatus hub, long keys) {
    return hub.sources().stream().allMatch(source -> source.state() == SourceStatus.State.STREAMING)
        && hub.databases().stream().noneMatch(HubStatus.DatabaseStatus::loading)
        && hub.databases().stream()
            .anyMatch(database -> database.name().equals("0") && database.keys() >= keys);
  }
}
