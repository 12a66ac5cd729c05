package io.replicator.http.updates;

import static io.replicator.http.updates.ServedSessions.BULK;
import static io.replicator.http.updates.ServedSessions.URGENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.replicator.http.json.CursorText;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.streams.send.SessionSettings;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSocket sessions of a hub with databases of its own, by real sockets. */
class UpdatesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private ServedSessions hub;

  @BeforeEach
  void start() throws Exception {
    hub = new ServedSessions(directory, SessionSettings.DEFAULT);
  }

  @AfterEach
  void stop() throws Exception {
    hub.close();
  }

  @Test
  void shouldBringALoadAndThenChangesAsFrames() throws Exception {
    hub.put(URGENT, "quote:1", "a");
    hub.put(URGENT, "other", "b");
    ProtoClient client = ProtoClient.connect(hub);
    client.subscribe(1, URGENT, "quote:*", Cursor.NOTHING);

    client.caughtUp();
    assertThat(client.copy).isEqualTo(Map.of("quote:1", "a"));
    hub.put(URGENT, "quote:2", "c");
    client.batch();

    assertThat(client.copy).isEqualTo(Map.of("quote:1", "a", "quote:2", "c"));
    assertThat(client.subprotocol()).isEqualTo(Updates.PROTO);
  }

  @Test
  void shouldBringALoadAndThenChangesAsJson() throws Exception {
    hub.put(URGENT, "quote:1", "a");
    hub.put(URGENT, "other", "b");
    JsonClient client = JsonClient.connect(hub);
    client.send("{\"subscribe\":{\"id\":7,\"database\":\"urgent\",\"pattern\":\"quote:*\"}}");

    JsonNode subscribed = client.next("subscribed").get("subscribed");
    assertThat(subscribed.get("id").asInt()).isEqualTo(7);
    assertThat(subscribed.has("from")).isFalse();
    JsonNode load = client.batch();
    assertThat(load.get("id").asInt()).isEqualTo(7);
    assertThat(load.get("batch").asLong()).isEqualTo(1);
    assertThat(load.get("reset").asBoolean()).isTrue();
    if (!load.get("caughtUp").asBoolean()) {
      client.caughtUp(7);
    }
    assertThat(client.copy).isEqualTo(Map.of("quote:1", "a"));

    hub.put(URGENT, "quote:2", "c");
    JsonNode delta = client.caughtUp(7);
    assertThat(delta.has("reset")).isFalse();
    assertThat(delta.get("from").asText()).isNotEqualTo(delta.get("cursor").asText());
    assertThat(client.copy).isEqualTo(Map.of("quote:1", "a", "quote:2", "c"));
  }

  @Test
  void shouldGoOnFromTheCursorOfALoadWithoutAGapOrARepetition() throws Exception {
    hub.put(URGENT, "quote:1", "a");
    hub.put(URGENT, "quote:2", "b");
    Cursor cursor;
    try (var snapshot = hub.hub.databases().get(0).database().snapshot()) {
      cursor = snapshot.cursor();
    }
    hub.put(URGENT, "quote:2", "c");
    hub.put(URGENT, "quote:3", "d");

    JsonClient json = JsonClient.connect(hub);
    json.send(
        "{\"subscribe\":{\"id\":1,\"database\":\"urgent\",\"pattern\":[\"quote:*\"],\"cursor\":\"%s\"}}"
            .formatted(CursorText.of(cursor)));
    ProtoClient proto = ProtoClient.connect(hub);
    proto.subscribe(1, URGENT, "quote:*", cursor);

    JsonNode subscribed = json.next("subscribed").get("subscribed");
    assertThat(subscribed.get("from").asText()).isEqualTo(CursorText.of(cursor));
    JsonNode delta = json.caughtUp(1);
    assertThat(delta.get("from").asText()).isEqualTo(CursorText.of(cursor));
    assertThat(json.copy).isEqualTo(Map.of("quote:2", "c", "quote:3", "d"));
    proto.caughtUp();
    assertThat(proto.copy).isEqualTo(json.copy);
  }

  @Test
  void shouldAddAndRemoveSubscriptionsWhileOthersRun() throws Exception {
    JsonClient client = JsonClient.connect(hub);
    client.send("{\"subscribe\":{\"id\":1,\"database\":\"urgent\"}}");
    client.next("subscribed");
    client.send("{\"subscribe\":{\"id\":2,\"database\":\"nowhere\"}}");
    JsonNode refused = client.next("refused").get("refused");
    assertThat(refused.get("id").asInt()).isEqualTo(2);
    assertThat(refused.get("reason").asText()).isEqualTo("UNKNOWN_DATABASE");
    client.send("{\"subscribe\":{\"id\":3,\"database\":\"bulk\"}}");
    client.next("subscribed");
    hub.put(BULK, "b", "1");
    client.caughtUp(3);

    client.send("{\"unsubscribe\":{\"id\":1}}");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                ServedSessions.await(hub.hub.status()).sessions().get(0).lanes().stream()
                    .allMatch(lane -> lane.database().equals(BULK)));
    hub.put(URGENT, "u", "2");
    hub.put(BULK, "b", "3");

    while (!"3".equals(client.copy.get("b"))) {
      assertThat(client.batch().get("id").asInt()).isEqualTo(3);
    }
    assertThat(client.copy).doesNotContainKey("u");
  }

  @Test
  void shouldLetAnUrgentChangeOvertakeBulk() throws Exception {
    var random = new Random(5);
    byte[] noise = new byte[1_000];
    for (int i = 0; i < 2_000; i++) {
      random.nextBytes(noise);
      var written = hub.written(BULK, "noise" + i, Bytes.wrap(noise.clone()));
      if (i % 500 == 499) {
        ServedSessions.await(written);
      }
    }
    ProtoClient client = ProtoClient.connect(hub);
    client.subscribe(1, BULK, "*", Cursor.NOTHING);
    client.subscribe(2, URGENT, "*", Cursor.NOTHING);
    // Nothing is acknowledged: the window is full of bulk.
    client.awaitChunk();
    hub.put(URGENT, "now", "!");

    int batchesOfBulk = 0;
    while (!client.copy.containsKey("now")) {
      batchesOfBulk += client.batch().records().isEmpty() ? 0 : 1;
    }
    int before = batchesOfBulk;
    while (!client.lastBatch.frontier() || client.copy.size() < 2_001) {
      client.batch();
      batchesOfBulk++;
    }
    assertThat(before).isLessThan(batchesOfBulk);
  }

  @Test
  void shouldServeOthersWhileOneDoesNotRead() throws Exception {
    ProtoClient stopped = ProtoClient.connect(hub);
    stopped.subscribe(1, BULK, "*", Cursor.NOTHING);
    stopped.frame();
    stopped.pause();
    JsonClient other = JsonClient.connect(hub);
    other.send("{\"subscribe\":{\"id\":1,\"database\":\"bulk\"}}");

    for (int i = 0; i < 200; i++) {
      hub.put(BULK, "key" + i % 10, "value " + i);
    }

    while (!"value 199".equals(other.copy.get("key9"))) {
      other.batch();
    }
    assertThat(other.copy).hasSize(10);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"subscribe":              | no JSON
          []                         | an object with one member
          {"sub":1}                  | none of subscribe
          {"subscribe":{"id":0}}     | "id" is a whole number
          {"subscribe":{"id":1,"database":5}} | "database" is a string
          {"subscribe":{"id":1,"database":"bulk","pattern":[1]}} | "pattern" is
          {"subscribe":{"id":1,"database":"bulk","cursor":"x"}} | is no cursor
          """)
  void shouldCloseWithAReasonWhatMakesNoSense(String message, String reason) throws Exception {
    JsonClient other = JsonClient.connect(hub);
    other.send("{\"subscribe\":{\"id\":1,\"database\":\"bulk\"}}");
    other.next("subscribed");
    JsonClient client = JsonClient.connect(hub);

    client.send(message);

    assertThat(client.ended().code()).isEqualTo(CloseException.POLICY_VIOLATION);
    assertThat(client.ended().reason()).contains(reason);
    hub.put(BULK, "a", "1");
    while (!other.copy.containsKey("a")) {
      other.batch();
    }
  }

  @Test
  void shouldCloseWhatIsNotOfTheSubprotocol() throws Exception {
    JsonClient json = JsonClient.connect(hub);
    json.sendBinary(new byte[] {1});
    assertThat(json.ended().code()).isEqualTo(CloseException.UNSUPPORTED_DATA);

    ProtoClient text = ProtoClient.connect(hub);
    text.sendText("{}");
    assertThat(ServedSessions.await(text.end).code()).isEqualTo(CloseException.UNSUPPORTED_DATA);

    JsonClient large = JsonClient.connect(hub);
    large.send("x".repeat(Updates.MESSAGE_BYTES_MAX + 1));
    assertThat(large.ended().code()).isEqualTo(CloseException.TOO_BIG);

    ProtoClient garbage = ProtoClient.connect(hub);
    garbage.send("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    while (true) {
      var frame = garbage.frame();
      if (frame.hasRefusal()) {
        assertThat(frame.getRefusal().getReason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED);
        break;
      }
    }
    assertThat(ServedSessions.await(garbage.end).code()).isEqualTo(CloseException.NORMAL);
    await().atMost(PATIENCE).until(() -> hub.sessions() == 0);
  }

  @Test
  void shouldAnswerWhatIsNoUpgradeOrOffersNoKnownSubprotocol() throws Exception {
    HttpResponse<String> plain =
        hub.http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub.port() + "/v1/updates"))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(plain.statusCode()).isEqualTo(426);
    assertThat(plain.headers().firstValue("Upgrade")).hasValue("websocket");
    assertThat(plain.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(plain.body()).contains(Updates.JSON);

    var unknown =
        hub.http
            .newWebSocketBuilder()
            .subprotocols("chat")
            .buildAsync(hub.updates(), new JsonClient());
    assertThat(unknown).failsWithin(PATIENCE).withThrowableThat().withStackTraceContaining("400");
  }

  @Test
  void shouldTellClientsWhenTheHubStops() throws Exception {
    hub.put(URGENT, "a", "1");
    JsonClient json = JsonClient.connect(hub);
    json.send("{\"subscribe\":{\"id\":1,\"database\":\"urgent\"}}");
    json.caughtUp(1);
    ProtoClient proto = ProtoClient.connect(hub);
    proto.subscribe(1, URGENT, "*", Cursor.NOTHING);
    proto.caughtUp();

    var stopped = hub.hub.stop();

    assertThat(json.ended())
        .isEqualTo(new JsonClient.End(CloseException.GOING_AWAY, "the hub stops"));
    assertThat(ServedSessions.await(proto.end).code()).isEqualTo(CloseException.NORMAL);
    ServedSessions.await(stopped);
  }
}
