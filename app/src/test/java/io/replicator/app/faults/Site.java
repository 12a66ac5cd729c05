package io.replicator.app.faults;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.actors.hub.HubStatus;
import io.replicator.app.config.ComparedPlace;
import io.replicator.app.verify.Verification;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.redis.verify.RedisComparison;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Redis servers, a hub and clients of one test, each a process of its own, on ports that stay the
 * same over restarts. Confined to the test's thread. What is started is closed in reverse order.
 */
final class Site implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final Deque<AutoCloseable> closing = new ArrayDeque<>();
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final int hubPort = freePort();
  private final int httpPort = freePort();
  private final String databases;
  private final Path directory;
  private Path data;
  private int hubHeapMb = 192;
  private String settings = "replicator.client { backoff-min = 50 ms, backoff-max = 500 ms }\n";

  /**
   * @param databases as in {@code --databases}
   */
  Site(String databases) throws IOException {
    this.databases = databases;
    this.directory = Files.createTempDirectory("replicator-faults");
    this.data = directory.resolve("data");
  }

  RedisProcess redis(String... arguments) throws IOException {
    return closed(RedisProcess.start(arguments));
  }

  /** Commands to a server, reconnecting by themselves. */
  RedisCommands<String, String> commands(RedisProcess redis, int database) {
    RedisClient client = RedisClient.create(redis.uri() + "/" + database);
    closing.push(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
    return client.connect().sync();
  }

  /** Settings beyond the options, as in a file for {@code --config}. */
  Site with(String hocon) {
    settings += hocon + "\n";
    return this;
  }

  Site withHubHeap(int megabytes) {
    hubHeapMb = megabytes;
    return this;
  }

  /** The hub that starts next has an empty store. */
  void forgetStore() throws IOException {
    data = Files.createTempDirectory(directory, "data");
  }

  /** Starts a hub and waits until it serves the whole source. */
  CommandProcess hub(RedisProcess source, String... options) {
    CommandProcess hub = hubStarting(source.port(), options);
    awaitReady(hub);
    return hub;
  }

  CommandProcess hubStarting(int sourcePort, String... options) {
    List<String> arguments = new ArrayList<>(List.of("hub"));
    arguments.addAll(List.of(options));
    Map.of(
            "--databases",
            databases,
            "--redis",
            "127.0.0.1:" + sourcePort,
            "--hub",
            "127.0.0.1:" + hubPort,
            "--http",
            "127.0.0.1:" + httpPort,
            "--data",
            data.toString(),
            "--config",
            config())
        .forEach(
            (option, value) -> {
              if (!arguments.contains(option)) {
                arguments.addAll(List.of(option, value));
              }
            });
    return closed(CommandProcess.start(directory, hubHeapMb, arguments));
  }

  void awaitReady(CommandProcess hub) {
    Awaitility.await("hub ready")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .failFast("the hub ended", () -> !hub.isAlive())
        .until(() -> get("/health/ready").map(HttpResponse::statusCode).orElse(0) == 200);
  }

  int hubPort() {
    return hubPort;
  }

  /** Starts a client of the hub. */
  CommandProcess client(RedisProcess target, String... options) {
    return clientOf(hubPort, target.uri(), options);
  }

  CommandProcess clientOf(int port, String to, String... options) {
    List<String> arguments = new ArrayList<>(List.of("client", "--hub", "127.0.0.1:" + port));
    arguments.addAll(List.of("--to", to));
    if (!Arrays.asList(options).contains("--config")) {
      arguments.addAll(List.of("--config", config()));
    }
    arguments.addAll(Arrays.asList(options));
    return closed(CommandProcess.start(directory, 192, arguments));
  }

  /** A program of a test in the hub's place. */
  CommandProcess program(Class<?> program, String... arguments) {
    return closed(CommandProcess.start(program, directory, hubHeapMb, List.of(arguments)));
  }

  /** Where the hub's store is. */
  Path data() {
    return data;
  }

  /** Any other run of the command. */
  CommandProcess command(String... arguments) {
    return closed(CommandProcess.start(directory, 128, List.of(arguments)));
  }

  private String config() {
    return settings("settings", "");
  }

  /** A file for {@code --config} with what all have in common, and something more. */
  String settings(String name, String hocon) {
    try {
      Path file = directory.resolve(name + ".conf");
      Files.writeString(file, settings + hocon + "\n");
      return file.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the hub says of itself, empty when it does not answer. */
  Optional<HubStatus> status() {
    return get("/v1/status")
        .filter(response -> response.statusCode() == 200)
        .map(
            response -> {
              try {
                return JSON.readValue(response.body(), HubStatus.class);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  List<SessionStatus> sessions() {
    return status().map(HubStatus::sessions).orElse(List.of());
  }

  /** Of all sessions. */
  List<LaneStatus> lanes() {
    return sessions().stream().flatMap(session -> session.lanes().stream()).toList();
  }

  /** Waits until as many clients have everything. */
  void awaitLive(int clients) {
    Awaitility.await("clients live")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              List<SessionStatus> sessions = sessions();
              return sessions.size() == clients
                  && sessions.stream()
                      .allMatch(
                          session ->
                              !session.lanes().isEmpty()
                                  && session.lanes().stream()
                                      .allMatch(lane -> lane.state().equals("live")));
            });
  }

  /** Waits until both servers hold the same in a database, which must be at rest at the source. */
  void awaitEqual(RedisProcess from, RedisProcess to, int... numbers) {
    for (int number : numbers) {
      Awaitility.await("database " + number + " equal")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(300))
          .pollInSameThread()
          .untilAsserted(
              () -> {
                Comparison comparison = compare(from, to, number);
                if (!comparison.equal()) {
                  throw new AssertionError(
                      comparison.differences() + " differ: " + comparison.examples());
                }
              });
    }
  }

  /** Waits until two places hold the same; the source must be at rest. */
  static void awaitEqual(RedisProcess from, String toUri) {
    var source = new ComparedPlace.Redis(RedisAddress.parse(from.uri()));
    var target = new ComparedPlace.Cassandra(CassandraTarget.parse(toUri));
    Awaitility.await("equal")
        .atMost(PATIENCE.multipliedBy(2))
        .pollInterval(Duration.ofMillis(500))
        .pollInSameThread()
        .untilAsserted(
            () -> {
              Comparison comparison = Verification.compare(source, target, (done, total) -> {});
              if (!comparison.equal()) {
                throw new AssertionError(
                    comparison.differences() + " differ: " + comparison.examples());
              }
            });
  }

  static Comparison compare(RedisProcess from, RedisProcess to, int number) {
    try {
      return new RedisComparison(
              RedisAddress.parse(from.uri()).withDatabase(number),
              RedisAddress.parse(to.uri()).withDatabase(number),
              ComparisonSettings.DEFAULT)
          .run((done, total) -> {});
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What is served at an address. */
  static String text(String uri) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(5)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Optional<HttpResponse<String>> get(String path) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .timeout(Duration.ofSeconds(5))
            .build();
    try {
      return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  <T extends AutoCloseable> T closed(T closeable) {
    closing.push(closeable);
    return closeable;
  }

  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    IllegalStateException failures = null;
    for (AutoCloseable next = closing.poll(); next != null; next = closing.poll()) {
      try {
        next.close();
      } catch (Exception e) {
        failures = failures == null ? new IllegalStateException("not closed in order") : failures;
        failures.addSuppressed(e);
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
    if (failures != null) {
      throw failures;
    }
  }
}
