package io.replicator.http;

import static io.replicator.http.ServedHub.assertProblem;
import static io.replicator.http.ServedHub.header;
import static io.replicator.http.ServedHub.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.http.exchange.GatewaySettings;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WritesTest {
  private static final String OWN = "/v1/databases/own/entries/";

  @TempDir static Path directory;
  private static ServedHub served;

  @BeforeAll
  static void start() throws Exception {
    served = new ServedHub(directory, GatewaySettings.DEFAULT);
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @Test
  void shouldCreateReadReplaceAndDelete() throws Exception {
    HttpResponse<String> created = served.put("k", "{\"v\":\"1\"}");
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(json(created).get("existed").asBoolean()).isFalse();

    HttpResponse<String> read = served.get(OWN + "k");
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).isEqualTo("{\"k\":\"k\",\"y\":\"string\",\"v\":\"1\"}\n");
    assertThat(header(read, "ETag"))
        .isEqualTo(header(created, "ETag"))
        .isEqualTo(json(created).get("etag").asText());
    assertThat(header(read, "Replicator-Cursor")).isEqualTo(header(created, "Replicator-Cursor"));

    HttpResponse<String> replaced = served.put("k", "{\"v\":{\"f\":\"2\"}}");
    assertThat(replaced.statusCode()).isEqualTo(200);
    assertThat(header(replaced, "ETag")).isNotEqualTo(header(created, "ETag"));

    HttpResponse<String> deleted = served.delete("k");
    assertThat(deleted.statusCode()).isEqualTo(200);
    assertThat(json(deleted).get("existed").asBoolean()).isTrue();
    HttpResponse<String> absent = served.get(OWN + "k");
    assertProblem(absent, 404, "no key \"k\"");
    assertThat(header(absent, "Replicator-Cursor")).isEqualTo(json(deleted).get("cursor").asText());
    assertThat(json(served.delete("k")).get("existed").asBoolean()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a%2Fb", "%00%FF", "*", "a%5B1%5D", "%25", "a+b", "%E2%82%AC", "..", ";x"})
  void shouldTakeAnyKey(String key) throws Exception {
    String request =
        " /v1/databases/own/entries/" + key + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    String body = "{\"v\":\"x\"}";
    String put =
        served.raw(
            "PUT"
                + request
                + "Content-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
    assertThat(put).startsWith("HTTP/1.1 201");
    assertThat(served.raw("GET" + request + "\r\n"))
        .startsWith("HTTP/1.1 200")
        .contains("\"y\":\"string\"");
    JsonNode all = json(served.get("/v1/databases/own/entries?pattern=*"));
    assertThat(all).as("one key, not one that looks like it").hasSize(1);
    assertThat(served.raw("DELETE" + request + "\r\n")).contains("\"existed\":true");
  }

  @Test
  void shouldWriteOnlyAgainstTheVersionThatIsThere() throws Exception {
    HttpResponse<String> first = served.put("cas", "{\"v\":\"1\"}", "If-None-Match", "*");
    assertThat(first.statusCode()).isEqualTo(201);
    String tag = header(first, "ETag");

    assertProblem(
        served.put("cas", "{\"v\":\"2\"}", "If-None-Match", "*"), 412, tag.substring(1, 10));
    HttpResponse<String> second = served.put("cas", "{\"v\":\"2\"}", "If-Match", "\"x\", " + tag);
    assertThat(second.statusCode()).isEqualTo(200);
    HttpResponse<String> stale = served.put("cas", "{\"v\":\"3\"}", "If-Match", tag);
    assertProblem(stale, 412, "nothing was written");
    assertThat(header(stale, "ETag")).isEqualTo(header(second, "ETag"));
    assertProblem(served.delete("cas", "If-Match", tag), 412, "nothing was written");
    assertThat(json(served.get(OWN + "cas")).get("v").asText()).isEqualTo("2");

    assertThat(served.put("cas", "{\"v\":\"4\"}", "If-Match", "*").statusCode()).isEqualTo(200);
    HttpResponse<String> last =
        served.delete("cas", "If-Match", header(served.get(OWN + "cas"), "ETag"));
    assertThat(last.statusCode()).isEqualTo(200);
    assertProblem(served.put("cas", "{\"v\":\"5\"}", "If-Match", "*"), 412, "is not there");
    assertThat(served.get(OWN + "cas").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldMoveTheTagWithAnyChangeOfACollection() throws Exception {
    String one = header(served.put("set", "{\"y\":\"set\",\"v\":[\"a\",\"b\"]}"), "ETag");
    String two = header(served.put("set", "{\"y\":\"set\",\"v\":[\"a\"]}"), "ETag");

    assertThat(two).isNotEqualTo(one);
    assertThat(header(served.get(OWN + "set"), "ETag")).isEqualTo(two);
    served.delete("set");
  }

  @Test
  void shouldNotSendAKeyAgainThatHasNotChanged() throws Exception {
    String tag = header(served.put("same", "{\"v\":\"1\"}"), "ETag");

    HttpResponse<String> same = served.get(OWN + "same", "If-None-Match", tag);
    assertThat(same.statusCode()).isEqualTo(304);
    assertThat(header(same, "ETag")).isEqualTo(tag);
    served.put("same", "{\"v\":\"2\"}");
    assertThat(served.get(OWN + "same", "If-None-Match", tag).statusCode()).isEqualTo(200);
    HttpResponse<String> head =
        served.send(served.request(OWN + "same").method("HEAD", BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    served.delete("same");
  }

  @Test
  void shouldExpire() throws Exception {
    served.put("mortal", "{\"v\":\"x\",\"t\":300}");
    assertThat(json(served.get(OWN + "mortal")).get("t").asLong()).isBetween(1L, 300L);

    org.awaitility.Awaitility.await()
        .untilAsserted(() -> assertThat(served.get(OWN + "mortal").statusCode()).isEqualTo(404));
  }

  @Test
  void shouldNotWriteIntoWhatASourceOwns() throws Exception {
    served.capturedString("theirs", "1");
    HttpResponse<String> put =
        served.send(
            served
                .request("/v1/databases/5/entries/theirs")
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString("{\"v\":\"2\"}")));

    assertProblem(put, 405, "captured from a source");
    assertThat(header(put, "Allow")).isEqualTo("GET, HEAD");
    assertThat(json(served.get("/v1/databases/5/entries/theirs")).get("v").asText()).isEqualTo("1");
  }

  @Test
  void shouldSayWhereTheJsonIsWrong() throws Exception {
    HttpResponse<String> response = served.put("k", "{\"v\":\n  5}");

    assertProblem(response, 400, "text, an object or an array");
    assertThat(json(response).get("line").asInt()).isEqualTo(2);
    assertThat(json(response).get("column").asInt()).isEqualTo(3);
  }

  @Test
  void shouldRefuseWhatItCannotTake() throws Exception {
    assertProblem(
        served.send(
            served
                .request(OWN + "k")
                .header("Content-Type", "text/plain")
                .PUT(BodyPublishers.ofString("x"))),
        415,
        "application/json");
    assertProblem(served.put("k", "{\"v\":\"x\"}", "Content-Encoding", "gzip"), 415, "not encoded");
    assertProblem(served.put("k", "{\"v\":\"x\"}", "If-None-Match", "\"x\""), 400, "allowed: *");
    assertProblem(
        served.put("k", "{\"v\":\"x\"}", "If-None-Match", "*", "If-Match", "*"),
        400,
        "one of them");
    assertProblem(served.put("k?x=1", "{\"v\":\"x\"}"), 400, "allowed: none");
    assertProblem(
        served.put(
            "x".repeat(600_000).substring(0, 5_000), "{\"v\":\"" + "x".repeat(17 << 20) + "\"}"),
        413,
        "16777216");
    assertProblem(
        served.send(served.request(OWN + "k").POST(BodyPublishers.ofString("x"))), 405, "POST");
  }

  @Test
  void shouldTakeABodyOfUnknownLengthUpToTheLimit() throws Exception {
    var ofUnknownLength =
        BodyPublishers.fromPublisher(
            BodyPublishers.ofString("{\"v\":\"" + "y".repeat(1 << 20) + "\"}"));
    HttpResponse<String> put =
        served.send(
            served
                .request(OWN + "chunked")
                .header("Content-Type", "application/json")
                .PUT(ofUnknownLength));

    assertThat(put.statusCode()).isEqualTo(201);
    assertThat(json(served.get(OWN + "chunked")).get("v").asText()).hasSize(1 << 20);
    served.delete("chunked");
  }
}
