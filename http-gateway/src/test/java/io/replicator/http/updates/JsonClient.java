package io.replicator.http.updates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.WebSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A page that speaks JSON, message by message. */
final class JsonClient implements WebSocket.Listener {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How a connection ended. */
  record End(int code, String reason) {}

  final CompletableFuture<End> end = new CompletableFuture<>();
  final Map<String, String> copy = new LinkedHashMap<>();
  private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
  private final StringBuilder partial = new StringBuilder();
  private WebSocket socket;

  static JsonClient connect(ServedSessions hub) throws Exception {
    var client = new JsonClient();
    client.socket =
        ServedSessions.await(
            hub.http
                .newWebSocketBuilder()
                .subprotocols(Updates.JSON)
                .buildAsync(hub.updates(), client));
    return client;
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      try {
        messages.add(JSON.readTree(partial.toString()));
      } catch (Exception e) {
        end.completeExceptionally(e);
      }
      partial.setLength(0);
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    end.complete(new End(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    end.completeExceptionally(error);
  }

  void send(String text) throws Exception {
    ServedSessions.await(socket.sendText(text, true));
  }

  void sendBinary(byte[] bytes) throws Exception {
    ServedSessions.await(socket.sendBinary(java.nio.ByteBuffer.wrap(bytes), true));
  }

  /** The next message with this member; others are passed over, heartbeats answered. */
  JsonNode next(String member) throws Exception {
    while (true) {
      JsonNode message = messages.poll(20, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("no message with " + member + "; ended: " + end);
      }
      if (message.has("heartbeat")) {
        send("{\"heartbeat\":1}");
      }
      if (message.has(member)) {
        return message;
      }
    }
  }

  /** The next batch, applied to the copy and acknowledged. */
  JsonNode batch() throws Exception {
    JsonNode batch = next("batch");
    for (JsonNode entry : batch.get("entries")) {
      if (entry.path("d").asBoolean()) {
        copy.remove(entry.get("k").asText());
      } else {
        copy.put(entry.get("k").asText(), entry.get("v").asText());
      }
    }
    send(
        "{\"ack\":{\"id\":%d,\"batch\":%d}}"
            .formatted(batch.get("id").asInt(), batch.get("batch").asLong()));
    return batch;
  }

  /** Batches until one with which the copy of that subscription is caught up. */
  JsonNode caughtUp(int id) throws Exception {
    while (true) {
      JsonNode batch = batch();
      if (batch.get("id").asInt() == id && batch.get("caughtUp").asBoolean()) {
        return batch;
      }
    }
  }

  End ended() throws Exception {
    return ServedSessions.await(end);
  }
}
