package io.replicator.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.hub.Hub;
import io.replicator.actors.hub.HubDatabase.Origin;
import io.replicator.actors.hub.HubSettings;
import io.replicator.actors.hub.HubSettings.ServedDatabase;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.QosLevel;
import io.replicator.store.CommitWriter;
import io.replicator.store.KeyspaceWriter;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/**
 * A hub with its gateway, as tests ask it: database {@code own} is embedded, {@code 5} is captured
 * from a source that the test plays.
 */
final class ServedHub implements AutoCloseable {
  static final String OWN = "own";
  static final String CAPTURED = "5";
  private static final ObjectMapper JSON = new ObjectMapper();

  final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  final RocksStore store;
  final Hub hub;
  final HubHttp http;
  private final ActorTestKit kit = ActorTestKit.create();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final CommitWriter source;

  ServedHub(Path directory, GatewaySettings settings) throws Exception {
    StoreSettings storeSettings = StoreSettings.defaults(directory);
    store = RocksStore.open(storeSettings);
    hub =
        await(
            Hub.start(
                kit.system(),
                new HubSettings(
                    "127.0.0.1",
                    0,
                    List.of(
                        new ServedDatabase(OWN, QosLevel.REALTIME, Origin.EMBEDDED),
                        new ServedDatabase(CAPTURED, QosLevel.HIGH, Origin.CAPTURED)),
                    storeSettings,
                    SessionSettings.DEFAULT,
                    Duration.ZERO),
                store,
                null,
                meters));
    source = store.writer();
    http = await(HubHttp.start(kit.system(), settings, hub, meters));
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  int port() {
    return http.address().getPort();
  }

  /** One commit of the captured database. */
  void captured(Consumer<KeyspaceWriter> commit) {
    commit.accept(source.database(CAPTURED));
    source.endCommit();
    source.flush(false);
  }

  void capturedString(String key, String value) {
    captured(keys -> keys.putValue(Bytes.utf8(key), DataType.STRING, Bytes.utf8(value), 0));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
        .timeout(Duration.ofSeconds(20));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return checked(client.send(request.build(), BodyHandlers.ofString()));
  }

  HttpResponse<byte[]> sendForBytes(HttpRequest.Builder request) throws Exception {
    return checked(client.send(request.build(), BodyHandlers.ofByteArray()));
  }

  java.util.concurrent.CompletableFuture<HttpResponse<String>> sendAsync(
      HttpRequest.Builder request) {
    return client.sendAsync(request.build(), BodyHandlers.ofString());
  }

  java.util.stream.Stream<String> lines(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofLines()).body();
  }

  /** Every answer is one that the table of routes knows. */
  private static <T> HttpResponse<T> checked(HttpResponse<T> response) {
    Route route = Route.of(List.of(response.uri().getRawPath().substring(1).split("/", -1)));
    if (route != null
        && !response.request().method().equals("OPTIONS")
        && !Route.ALWAYS.contains(response.statusCode())) {
      String method =
          response.request().method().equals("HEAD") ? "GET" : response.request().method();
      assertThat(route.answers().get(method))
          .as("%s %s", response.request().method(), response.uri())
          .contains(response.statusCode());
    }
    return response;
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = request(path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  HttpResponse<String> put(String key, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        request("/v1/databases/own/entries/" + key)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  HttpResponse<String> delete(String key, String... headers) throws Exception {
    HttpRequest.Builder request = request("/v1/databases/own/entries/" + key).DELETE();
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /** Bytes as they are, until the server closes; what came, as text. */
  String raw(String bytes) throws IOException {
    try (var socket = connect()) {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static JsonNode json(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body());
  }

  static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }

  static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse(null);
  }

  static void assertProblem(HttpResponse<String> response, int status, String detail)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
    JsonNode problem = json(response);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asText()).isNotBlank();
    assertThat(problem.get("detail").asText()).contains(detail);
  }

  /** The sum of all counters and gauges with this name and tag. */
  double meter(String name, String tag, String value) {
    var search = meters.find(name);
    return (tag == null ? search : search.tag(tag, value))
        .meters().stream().mapToDouble(meter -> meter.measure().iterator().next().getValue()).sum();
  }

  double meter(String name) {
    return meter(name, null, null);
  }

  static Map<String, JsonNode> byKey(JsonNode entries) {
    Map<String, JsonNode> byKey = new java.util.LinkedHashMap<>();
    entries.forEach(entry -> byKey.put(entry.get("k").asText(), entry));
    return byKey;
  }

  @Override
  public void close() {
    ended(http.stop(Duration.ofSeconds(1)));
    ended(hub.stop());
    kit.shutdownTestKit();
    store.close();
  }

  private static void ended(CompletionStage<?> stage) {
    stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
