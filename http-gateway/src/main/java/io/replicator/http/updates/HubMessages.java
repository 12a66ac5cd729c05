package io.replicator.http.updates;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.replicator.http.json.BatchJson;
import io.replicator.http.json.CursorText;
import io.replicator.protocol.v1.Feed;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Batch;
import io.replicator.streams.WireMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.pekko.util.ByteString;

/** What a hub says in a JSON session, in UTF-8; docs/websocket.md shows each. */
final class HubMessages {
  private static final JsonFactory JSON = new JsonFactory();

  private HubMessages() {}

  /** Writes the members of an object. */
  private interface Members {
    void write(JsonGenerator json) throws IOException;
  }

  static ByteString welcome(Welcome welcome) {
    return object(
        json -> {
          json.writeObjectFieldStart("welcome");
          json.writeStringField("hub", welcome.getHubId());
          json.writeNumberField("session", welcome.getSessionId());
          json.writeNumberField("heartbeatMs", welcome.getHeartbeatIntervalMs());
          json.writeEndObject();
        });
  }

  static ByteString subscribed(int id, Feed feed) {
    return object(
        json -> {
          json.writeObjectFieldStart("subscribed");
          json.writeNumberField("id", id);
          json.writeStringField("database", feed.getDatabase());
          if (feed.hasResumedFrom()) {
            json.writeStringField(
                "from", CursorText.of(WireMapping.toCursor(feed.getResumedFrom())));
          }
          if (!feed.getResetReason().isEmpty()) {
            json.writeStringField("resetReason", feed.getResetReason());
          }
          json.writeNumberField("keys", feed.getKeys());
          json.writeEndObject();
        });
  }

  /**
   * @param id of the subscription, 0 where it is the session that is refused
   */
  static ByteString refused(int id, Refusal refusal) {
    return object(
        json -> {
          json.writeObjectFieldStart("refused");
          if (id != 0) {
            json.writeNumberField("id", id);
          }
          json.writeStringField("reason", refusal.getReason().name());
          json.writeStringField("detail", refusal.getDetail());
          json.writeEndObject();
        });
  }

  static ByteString batch(int id, long number, Batch batch, long nowMs) {
    return object(
        json -> {
          json.writeNumberField("batch", number);
          json.writeNumberField("id", id);
          BatchJson.writeMembers(json, batch, nowMs);
        });
  }

  static ByteString heartbeat(long sentAtMs) {
    return object(json -> json.writeNumberField("heartbeat", sentAtMs));
  }

  private static ByteString object(Members members) {
    try (var bytes = new ByteArrayBuilder(512);
        JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      members.write(json);
      json.writeEndObject();
      json.flush();
      return ByteString.fromArrayUnsafe(bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }
}
