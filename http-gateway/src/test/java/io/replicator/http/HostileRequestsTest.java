package io.replicator.http;

import static io.replicator.http.ServedHub.assertProblem;
import static io.replicator.http.ServedHub.header;
import static io.replicator.http.ServedHub.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.http.exchange.GatewaySettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that nobody should send, and who may send any. */
class HostileRequestsTest {
  private static final String TOKEN = "a-secret";
  private static final String PAGE = "https://page.example";

  @TempDir static Path directory;
  private static ServedHub served;

  @BeforeAll
  static void start() throws Exception {
    GatewaySettings d = GatewaySettings.DEFAULT;
    served =
        new ServedHub(
            directory,
            new GatewaySettings(
                d.host(),
                d.port(),
                List.of(PAGE),
                TOKEN,
                10_000,
                d.longPollMax(),
                d.heartbeatInterval(),
                d.entriesTimeMax(),
                d.loadsMax(),
                Duration.ofMillis(500),
                Duration.ofSeconds(3),
                50,
                d.batchBytesMax(),
                d.compressionLevel()));
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @AfterEach
  void othersAreNotDisturbed() throws Exception {
    assertThat(served.get("/health/live").statusCode()).isEqualTo(200);
    await()
        .untilAsserted(
            () -> assertThat(served.meter("replicator.http.connections")).isLessThan(10));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GARBAGE | 501",
        "GET / HTTP/9.9 | 505",
        "BREW /v1/databases HTTP/1.1 | 501",
        "GET /v1/databases?x=%zz HTTP/1.1 | 400",
        "GET http://[/ HTTP/1.1 | 400",
      })
  void shouldAnswerWhatIsNoRequestWithAProblem(String line, int status) throws Exception {
    assertRawProblem(served.raw(line + "\r\nHost: x\r\nConnection: close\r\n\r\n"), status);
  }

  @Test
  void shouldBoundTheHead() throws Exception {
    String long40k = "x".repeat(40_000);
    assertRawProblem(served.raw("GET /" + long40k + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
    assertRawProblem(served.raw("GET / HTTP/1.1\r\nHost: x\r\nX-Y: " + long40k + "\r\n\r\n"), 431);
    assertRawProblem(
        served.raw("GET / HTTP/1.1\r\nHost: x\r\n" + "X-Y: z\r\n".repeat(100) + "\r\n"), 400);
    assertRawProblem(served.raw("GET / HTTP/1.1\r\n\r\n"), 400);
  }

  private static void assertRawProblem(String answer, int status) throws Exception {
    assertThat(answer).startsWith("HTTP/1.1 " + status);
    assertThat(answer)
        .contains("application/problem+json")
        .contains("X-Content-Type-Options: nosniff");
    JsonNode problem = json(answer.substring(answer.indexOf("\r\n\r\n")));
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("detail").asText()).isNotBlank();
  }

  @Test
  void shouldCloseOnAHeadThatTricklesIn() throws Exception {
    try (var socket = served.connect()) {
      socket.setSoTimeout(10_000);
      long beganNs = System.nanoTime();
      trickle(socket.getOutputStream(), "GET /health/live HTTP/1.1\r\nX-Slow: ", 50);
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertRawProblem(answer, 408);
      assertThat(Duration.ofNanos(System.nanoTime() - beganNs)).isLessThan(Duration.ofSeconds(8));
    }
    assertThat(served.meter("replicator.http.rejected", "kind", "slow")).isPositive();
  }

  /** Byte by byte, until the other side has enough. */
  private static void trickle(OutputStream out, String head, int intervalMs) throws Exception {
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    ScheduledExecutorService sender = Executors.newSingleThreadScheduledExecutor();
    sender.scheduleWithFixedDelay(
        () -> {
          try {
            out.write('x');
            out.flush();
          } catch (IOException e) {
            // The server has closed, which is what this is for.
            sender.shutdown();
          }
        },
        0,
        intervalMs,
        TimeUnit.MILLISECONDS);
  }

  @Test
  void shouldCloseAConnectionThatSaysNothing() throws Exception {
    try (var socket = served.connect()) {
      socket.setSoTimeout(20_000);
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void shouldNotWaitForABodyThatDoesNotCome() throws Exception {
    String put =
        "PUT /v1/databases/own/entries/k HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + TOKEN
            + "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"v\":";

    assertRawStatus(served.raw(put), 408);
  }

  private static void assertRawStatus(String answer, int status) {
    assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
  }

  @Test
  void shouldRefuseABodyThatIsTooLong() throws Exception {
    HttpResponse<String> declared = put("{\"v\":\"" + "x".repeat(10_000) + "\"}");
    assertProblem(declared, 413, "10000");
    var unknown = BodyPublishers.fromPublisher(BodyPublishers.ofString("x".repeat(100_000)));
    HttpResponse<String> chunked =
        served.send(
            served
                .request("/v1/databases/own/entries/k")
                .headers("Authorization", "Bearer " + TOKEN, "Content-Type", "application/json")
                .PUT(unknown));
    assertProblem(chunked, 413, "10000");
  }

  private static HttpResponse<String> put(String body) throws Exception {
    return served.put("k", body, "Authorization", "Bearer " + TOKEN);
  }

  @Test
  void shouldAskForTheToken() throws Exception {
    HttpResponse<String> none = served.get("/v1/databases");
    assertProblem(none, 401, "a token is needed");
    assertThat(header(none, "WWW-Authenticate")).isEqualTo("Bearer realm=\"replicator\"");
    assertProblem(
        served.get("/v1/databases", "Authorization", "Bearer a-secrex"), 401, "not the one");
    assertProblem(
        served.get("/v1/databases", "Authorization", "Basic YTpi"), 401, "a token is needed");
    assertProblem(served.put("k", "{\"v\":\"x\"}"), 401, "a token is needed");
    assertProblem(served.get("/metrics"), 401, "token");
    assertThat(served.get("/v1/databases", "Authorization", "bearer " + TOKEN).statusCode())
        .isEqualTo(200);
    assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(served.get("/openapi.json").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "http://page.example",
        "https://page.example:444",
        "https://page.example.evil.example",
        "null",
        "http://",
        "127.0.0.1",
      })
  void shouldRefuseOtherOriginsEverywhere(String origin) throws Exception {
    for (String path : List.of("/v1/databases", "/health/live", "/openapi.json", "/nothing")) {
      HttpResponse<String> response =
          served.get(path, "Origin", origin, "Authorization", "Bearer " + TOKEN);
      assertProblem(response, 403, "may not ask this hub");
      assertThat(header(response, "Access-Control-Allow-Origin")).isNull();
    }
  }

  @Test
  void shouldTellAllowedOriginsThatTheyMayRead() throws Exception {
    HttpResponse<String> listed =
        served.get("/v1/databases", "Origin", PAGE, "Authorization", "Bearer " + TOKEN);
    assertThat(listed.statusCode()).isEqualTo(200);
    assertThat(header(listed, "Access-Control-Allow-Origin")).isEqualTo(PAGE);
    assertThat(header(listed, "Access-Control-Expose-Headers")).contains("Replicator-Cursor");
    String same = "http://127.0.0.1:" + served.port();
    assertThat(served.get("/health/live", "Origin", same).statusCode()).isEqualTo(200);
    assertThat(served.get("/v1/databases", "Origin", PAGE).statusCode()).isEqualTo(401);
  }

  @Test
  void shouldAnswerPreflightsWithoutAToken() throws Exception {
    HttpResponse<String> preflight =
        served.send(
            served
                .request("/v1/databases/own/entries/k")
                .headers("Origin", PAGE, "Access-Control-Request-Method", "PUT")
                .method("OPTIONS", BodyPublishers.noBody()));

    assertThat(preflight.statusCode()).isEqualTo(204);
    assertThat(header(preflight, "Access-Control-Allow-Origin")).isEqualTo(PAGE);
    assertThat(header(preflight, "Access-Control-Allow-Methods"))
        .contains("PUT")
        .contains("DELETE");
    assertThat(header(preflight, "Access-Control-Allow-Headers")).contains("Authorization");
    HttpResponse<String> foreign =
        served.send(
            served
                .request("/v1/databases")
                .headers("Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
                .method("OPTIONS", BodyPublishers.noBody()));
    assertThat(foreign.statusCode()).isEqualTo(403);
  }

  @Test
  void shouldSendSecurityHeadersWithEveryAnswer() throws Exception {
    for (String path : List.of("/health/live", "/nothing", "/v1/databases")) {
      HttpResponse<String> response = served.get(path);
      assertThat(header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(header(response, "Referrer-Policy")).isEqualTo("no-referrer");
      assertThat(header(response, "Content-Security-Policy")).contains("frame-ancestors 'none'");
      assertThat(header(response, "Server")).isNull();
    }
  }

  @Test
  void shouldAnswerOneRequestAfterAnotherOnAConnection() throws Exception {
    String request = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    String last = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    assertThat(served.raw(request.repeat(3) + last).split("HTTP/1.1 200 OK", -1)).hasSize(5);
  }
}
