package io.replicator.http;

import static io.replicator.http.ServedHub.assertProblem;
import static io.replicator.http.ServedHub.header;
import static io.replicator.http.ServedHub.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangesTest {
  private static final String CHANGES = "/v1/databases/own/changes";
  private static final String PARKED = "replicator.http.polls.parked";

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

  private static String head() throws Exception {
    return json(served.get("/v1/databases")).at("/databases/0/cursor").asText();
  }

  @Test
  void shouldTellWhatChangedMerged() throws Exception {
    served.put("gone", "{\"v\":\"x\"}");
    served.put("hash", "{\"v\":{\"f\":\"1\",\"g\":\"2\"}}");
    String since = head();
    served.delete("gone");
    served.put("k", "{\"v\":\"1\"}");
    served.put("k", "{\"v\":\"2\"}");

    HttpResponse<String> response = served.get(CHANGES + "?since=" + since);

    JsonNode delta = json(response);
    assertThat(delta.get("from").asText()).isEqualTo(since);
    assertThat(delta.get("cursor").asText())
        .isEqualTo(header(response, "Replicator-Cursor"))
        .isEqualTo(head());
    assertThat(delta.get("caughtUp").asBoolean()).isTrue();
    assertThat(delta.get("entries"))
        .isEqualTo(
            json("[{\"k\":\"gone\",\"d\":true},{\"k\":\"k\",\"y\":\"string\",\"v\":\"2\"}]"));
  }

  @Test
  void shouldBeginWithALoadAndGoOnBatchByBatch() throws Exception {
    served.captured(
        keys -> {
          for (int i = 0; i < 30_000; i++) {
            keys.putField(
                Bytes.utf8("big"), DataType.HASH, Bytes.utf8("f" + i), Bytes.utf8("value-" + i));
          }
          keys.putValue(Bytes.utf8("small"), DataType.STRING, Bytes.utf8("1"), 0);
        });
    int fields = 0;
    int batches = 0;
    JsonNode batch = json(served.get("/v1/databases/5/changes"));
    assertThat(batch.get("reset").asBoolean()).isTrue();
    while (true) {
      batches++;
      for (JsonNode entry : batch.get("entries")) {
        if (entry.get("k").asText().equals("big")) {
          fields += entry.has("v") ? entry.get("v").size() : entry.get("set").size();
        }
      }
      if (batch.get("caughtUp").asBoolean()) {
        break;
      }
      String since = batch.get("cursor").asText();
      batch = json(served.get("/v1/databases/5/changes?since=" + since));
      assertThat(batch.get("from").asText()).isEqualTo(since);
      assertThat(batch.has("reset")).isFalse();
    }
    assertThat(fields).isEqualTo(30_000);
    assertThat(batches).isGreaterThan(2);
  }

  @Test
  void shouldWaitForAChangeThatMatches() throws Exception {
    String since = head();
    CompletableFuture<HttpResponse<String>> poll =
        served.sendAsync(served.request(CHANGES + "?wait=15&pattern=wanted:*&since=" + since));
    await().until(() -> served.meter(PARKED) == 1);

    served.put("other", "{\"v\":\"x\"}");
    served.put("wanted:1", "{\"v\":\"x\"}");

    JsonNode delta = json(poll.get(5, TimeUnit.SECONDS));
    assertThat(delta.get("from").asText()).isEqualTo(since);
    assertThat(delta.get("cursor").asText()).isEqualTo(head());
    assertThat(delta.get("entries").findValuesAsText("k")).containsExactly("wanted:1");
    assertThat(served.meter(PARKED)).isZero();
  }

  @Test
  void shouldAnswerWithTheNewestCursorWhenTheWaitIsOver() throws Exception {
    String since = head();
    served.put("unwanted", "{\"v\":\"" + System.nanoTime() + "\"}");

    JsonNode delta = json(served.get(CHANGES + "?wait=1&pattern=none&since=" + since));

    assertThat(delta.get("entries")).isEmpty();
    assertThat(delta.get("caughtUp").asBoolean()).isTrue();
    assertThat(delta.get("from").asText()).isEqualTo(since);
    assertThat(delta.get("cursor").asText()).isEqualTo(head()).isNotEqualTo(since);
  }

  @Test
  void shouldWakeManyAtOnce() throws Exception {
    String since = head();
    List<CompletableFuture<HttpResponse<String>>> polls =
        IntStream.range(0, 200)
            .mapToObj(i -> served.sendAsync(served.request(CHANGES + "?wait=15&since=" + since)))
            .toList();
    await().until(() -> served.meter(PARKED) == 200);

    served.put("k", "{\"v\":\"" + System.nanoTime() + "\"}");

    for (CompletableFuture<HttpResponse<String>> poll : polls) {
      assertThat(json(poll.get(5, TimeUnit.SECONDS)).get("entries")).hasSize(1);
    }
    assertThat(served.meter(PARKED)).isZero();
  }

  @Test
  void shouldForgetAPollWhoseClientWentAway() throws Exception {
    String since = head();
    try (var socket = served.connect()) {
      String request =
          "GET " + CHANGES + "?wait=60&since=" + since + " HTTP/1.1\r\nHost: x\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      await().until(() -> served.meter(PARKED) == 1);
    }
    await().until(() -> served.meter(PARKED) == 0);
  }

  @Test
  void shouldSayThatACursorIsGone() throws Exception {
    assertProblem(served.get(CHANGES + "?since=0000000000000001-5"), 410, "epoch");
    String future = served.hub.epoch() + "-999999999";
    assertProblem(served.get(CHANGES + "?since=" + future), 410, "after the head");
    assertProblem(
        served.get(CHANGES + "?since=" + future, "Accept", "text/event-stream"),
        410,
        "leave out since");
  }

  @Test
  void shouldSayThatACursorIsBeyondTheHorizon() throws Exception {
    served.capturedString("x", "1");
    String since = json(served.get("/v1/databases")).at("/databases/1/cursor").asText();
    served.captured(keys -> keys.delete(Bytes.utf8("x")));
    served.store.dropTombstones(System.currentTimeMillis() + Duration.ofDays(30).toMillis());

    assertProblem(served.get("/v1/databases/5/changes?since=" + since), 410, "tombstones");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "since=abc",
        "since=",
        "since=0000000000000001",
        "since=0000000000000001-5-%2A",
        "since=x&since=y",
        "wait=61",
        "wait=-1",
        "wait=1.5",
        "wiat=1",
      })
  void shouldRefuseMalformedParameters(String query) throws Exception {
    assertProblem(served.get(CHANGES + "?" + query), 400, "allowed");
  }

  @Test
  void shouldStreamEvents() throws Exception {
    served.put("e:1", "{\"v\":\"1\"}");
    try (var lines =
        served.lines(
            served.request(CHANGES + "?pattern=e:*").header("Accept", "text/event-stream"))) {
      Iterator<String> events = lines.iterator();
      JsonNode load = nextData(events);
      assertThat(load.get("reset").asBoolean()).isTrue();
      assertThat(load.get("caughtUp").asBoolean()).isTrue();
      assertThat(load.get("entries").findValuesAsText("k")).containsExactly("e:1");
      assertThat(served.meter("replicator.http.event.streams")).isEqualTo(1);

      served.put("ignored", "{\"v\":\"1\"}");
      served.put("e:2", "{\"v\":\"2\"}");
      JsonNode delta = nextData(events);
      assertThat(delta.get("from").asText()).isEqualTo(load.get("cursor").asText());
      assertThat(delta.get("entries").findValuesAsText("k")).containsExactly("e:2");
      served.delete("e:2");
      assertThat(nextData(events).get("entries")).isEqualTo(json("[{\"k\":\"e:2\",\"d\":true}]"));
    }
    await().until(() -> served.meter("replicator.http.event.streams") == 0);
  }

  @Test
  void shouldResumeFromTheLastEvent() throws Exception {
    String since = head();
    served.put("r:1", "{\"v\":\"" + System.nanoTime() + "\"}");
    try (var lines =
        served.lines(
            served
                .request(CHANGES + "?since=0000000000000001-5")
                .headers("Accept", "text/event-stream", "Last-Event-ID", since))) {
      JsonNode delta = nextData(lines.iterator());
      assertThat(delta.get("from").asText()).isEqualTo(since);
      assertThat(delta.get("entries").findValuesAsText("k")).containsExactly("r:1");
    }
  }

  @Test
  void shouldBeginAnewWhereTheLastEventIsForgotten() throws Exception {
    try (var lines =
        served.lines(
            served
                .request(CHANGES)
                .headers("Accept", "text/event-stream", "Last-Event-ID", "0000000000000001-5"))) {
      assertThat(nextData(lines.iterator()).get("reset").asBoolean()).isTrue();
    }
  }

  private static JsonNode nextData(Iterator<String> events) throws Exception {
    String id = null;
    while (true) {
      String line = events.next();
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("data: ")) {
        JsonNode data = json(line.substring(6));
        assertThat(data.get("cursor").asText()).isEqualTo(id);
        return data;
      }
    }
  }
}
