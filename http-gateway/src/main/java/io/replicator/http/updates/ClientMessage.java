package io.replicator.http.updates;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.http.json.CursorText;
import io.replicator.replication.Cursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a client says in a JSON session: an object with one member, which names the kind. */
sealed interface ClientMessage {
  /**
   * @param patterns none for every key
   * @param cursor {@link Cursor#NOTHING} where the client holds nothing
   */
  record Subscribe(int id, String database, List<String> patterns, Cursor cursor)
      implements ClientMessage {}

  /** No more of that subscription. */
  record Unsubscribe(int id) implements ClientMessage {}

  /** Everything up to this batch of the subscription is the client's. */
  record Ack(int id, long batch) implements ClientMessage {}

  /** I am here. */
  record Heartbeat() implements ClientMessage {}

  ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /**
   * @param text in UTF-8
   * @throws CloseException that says what is wrong and what is allowed
   */
  static ClientMessage parse(byte[] text) {
    JsonNode message;
    try {
      message = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw malformed("no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw malformed("no JSON: " + e.getMessage());
    }
    if (!message.isObject() || message.size() != 1) {
      throw malformed("a message is an object with one member");
    }
    String kind = message.fieldNames().next();
    JsonNode content = message.get(kind);
    return switch (kind) {
      case "subscribe" ->
          new Subscribe(id(content), text(content, "database"), patterns(content), cursor(content));
      case "unsubscribe" -> new Unsubscribe(id(content));
      case "ack" -> new Ack(id(content), number(content, "batch", Long.MAX_VALUE));
      case "heartbeat" -> new Heartbeat();
      default -> throw malformed("the member is none of subscribe, unsubscribe, ack and heartbeat");
    };
  }

  private static int id(JsonNode content) {
    return (int) number(content, "id", Integer.MAX_VALUE);
  }

  private static long number(JsonNode content, String name, long max) {
    JsonNode number = content.path(name);
    if (!number.isIntegralNumber()
        || !number.canConvertToLong()
        || number.longValue() < 1
        || number.longValue() > max) {
      throw malformed("\"" + name + "\" is a whole number from 1 to " + max);
    }
    return number.longValue();
  }

  private static String text(JsonNode content, String name) {
    JsonNode text = content.path(name);
    if (!text.isTextual()) {
      throw malformed("\"" + name + "\" is a string");
    }
    return text.textValue();
  }

  private static List<String> patterns(JsonNode content) {
    JsonNode pattern = content.path("pattern");
    if (pattern.isMissingNode()) {
      return List.of();
    }
    if (pattern.isTextual()) {
      return List.of(pattern.textValue());
    }
    List<String> patterns = new ArrayList<>();
    for (JsonNode each : pattern) {
      if (!each.isTextual()) {
        patterns.clear();
        break;
      }
      patterns.add(each.textValue());
    }
    if (!pattern.isArray() || patterns.isEmpty()) {
      throw malformed("\"pattern\" is a string or an array of strings, or absent for every key");
    }
    return patterns;
  }

  private static Cursor cursor(JsonNode content) {
    if (content.path("cursor").isMissingNode()) {
      return Cursor.NOTHING;
    }
    try {
      return CursorText.parse(text(content, "cursor"));
    } catch (IllegalArgumentException e) {
      throw malformed(e.getMessage());
    }
  }

  private static CloseException malformed(String what) {
    return new CloseException(CloseException.POLICY_VIOLATION, what);
  }
}
