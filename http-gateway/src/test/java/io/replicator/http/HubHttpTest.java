package io.replicator.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.actors.hub.SessionTotals;
import io.replicator.actors.hub.StatusQuery;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.pages.Pages;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.SourceStatus.State;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubHttpTest {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final ActorTestKit TEST_KIT = ActorTestKit.create();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final AtomicReference<CompletionStage<HubStatus>> STATUS = new AtomicReference<>();
  private static final AtomicReference<StatusQuery> QUERY = new AtomicReference<>();
  private static HttpServer http;

  @BeforeAll
  static void start() {
    var meters = new GatewayMeters(new SimpleMeterRegistry());
    var routes =
        new HubRoutes(
            TEST_KIT.system(),
            new Gate(GatewaySettings.DEFAULT, meters),
            meters,
            new HubHealth(
                query -> {
                  QUERY.set(query);
                  return STATUS.get();
                },
                () -> "replicator_up 1.0\n"),
            null,
            null,
            new Pages(TEST_KIT.system()));
    http =
        HttpServer.bind(TEST_KIT.system(), GatewaySettings.DEFAULT, meters, routes::handle)
            .toCompletableFuture()
            .join();
  }

  @AfterAll
  static void stop() {
    http.stop(Duration.ofSeconds(1)).toCompletableFuture().join();
    TEST_KIT.shutdownTestKit();
  }

  @BeforeEach
  void aHubThatIsFine() {
    STATUS.set(CompletableFuture.completedFuture(hub(State.STREAMING, 5, false)));
  }

  @Test
  void shouldServeTheStatusAsJson() throws Exception {
    HttpResponse<String> response = get("/v1/status");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(contentType(response)).isEqualTo("application/json");
    JsonNode status = JSON.readTree(response.body());
    assertThat(status.at("/hubId").asText()).isEqualTo("hub-1");
    assertThat(status.at("/sources/0/state").asText()).isEqualTo("STREAMING");
    assertThat(status.at("/databases/0/keys").asLong()).isEqualTo(120);
    assertThat(JSON.treeToValue(status, HubStatus.class)).isEqualTo(hub(State.STREAMING, 5, false));
  }

  @Test
  void shouldAskForTheSessionsThatTheRequestNames() throws Exception {
    get("/v1/status");
    assertThat(QUERY.get()).isEqualTo(StatusQuery.DEFAULT);

    get("/v1/status?sessions=7&sort=client&search=a%20b%2Bc");
    assertThat(QUERY.get()).isEqualTo(new StatusQuery(7, StatusQuery.Sort.CLIENT, "a b+c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sessions=1001", "sessions=-1", "sessions=many", "sort=rtt", "limit=5"})
  void shouldRefuseWhatIsNotAllowedInAQueryOfTheStatus(String query) throws Exception {
    HttpResponse<String> response = get("/v1/status?" + query);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(contentType(response)).isEqualTo("application/problem+json");
  }

  @Test
  void shouldServeThePagesAndTheirHeads() throws Exception {
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<title>Replicator hub</title>");

    HttpResponse<String> head =
        send(request("/").method("HEAD", HttpRequest.BodyPublishers.noBody()).build());
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("etag")).isEqualTo(page.headers().firstValue("etag"));
  }

  @Test
  void shouldServeMeters() throws Exception {
    HttpResponse<String> response = get("/metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(contentType(response)).startsWith("text/plain").contains("version=0.0.4");
    assertThat(response.body()).isEqualTo("replicator_up 1.0\n");
  }

  @Test
  void shouldBeAliveAndReady() throws Exception {
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(
      value = State.class,
      names = {"CONNECTING", "LOADING", "FAILED"})
  void shouldNotBeReadyBeforeASourceWasRead(State state) throws Exception {
    STATUS.set(CompletableFuture.completedFuture(hub(state, 0, false)));

    assertProblem(get("/health/ready"), 503, "127.0.0.1:6379");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldStayReadyWhenASourceIsLost() throws Exception {
    STATUS.set(CompletableFuture.completedFuture(hub(State.FAILED, 5, false)));

    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldNotBeReadyWhileADatabaseIsLoading() throws Exception {
    STATUS.set(CompletableFuture.completedFuture(hub(State.STREAMING, 5, true)));

    assertProblem(get("/health/ready"), 503, "database 5");
  }

  @Test
  void shouldAnswerWithAProblemWhenTheHubFails() throws Exception {
    STATUS.set(CompletableFuture.failedFuture(new IllegalStateException("hub stopped")));

    assertProblem(get("/v1/status"), 503, "did not answer");
  }

  @Test
  void shouldAnswerWithAProblemWhereThereIsNothing() throws Exception {
    assertProblem(get("/v1/nothing"), 404, "/v1/nothing");
    assertProblem(get("/nothing"), 404, "/nothing");
  }

  @Test
  void shouldOnlyBeRead() throws Exception {
    HttpRequest post = request("/v1/status").POST(HttpRequest.BodyPublishers.ofString("x")).build();

    HttpResponse<String> response = send(post);

    assertProblem(response, 405, "POST");
    assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
  }

  private static void assertProblem(HttpResponse<String> response, int status, String detail)
      throws IOException {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(contentType(response)).isEqualTo("application/problem+json");
    JsonNode problem = JSON.readTree(response.body());
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asText()).isNotBlank();
    assertThat(problem.get("detail").asText()).contains(detail);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(request(path).build());
  }

  private static HttpRequest.Builder request(String path) {
    InetSocketAddress address = http.address();
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path));
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static String contentType(HttpResponse<String> response) {
    return response.headers().firstValue("Content-Type").orElse("");
  }

  private static HubStatus hub(State state, long offset, boolean loading) {
    var source =
        new SourceStatus("redis:x", "127.0.0.1:6379", state, offset, 0, 0, 0, Map.of(), "detail");
    return new HubStatus(
        "hub-1",
        "e1",
        ":3333",
        1,
        2,
        List.of(source),
        List.of(new DatabaseStatus("5", "realtime", "captured", 120, 7, 0, 0, 1000, loading)),
        List.of(),
        0,
        SessionTotals.NONE);
  }
}
