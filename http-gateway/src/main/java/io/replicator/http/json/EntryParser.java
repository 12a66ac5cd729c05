package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/**
 * Reads the entry that somebody wants to write: {@code {"v":VALUE, "y":TYPE?, "t":MS?, "b":true?}},
 * see the package. Without {@code y}, text is a string, an object a hash, an array a list. {@code
 * k} may come along when it is the key. Thread-safe.
 */
public final class EntryParser {
  /**
   * The longest time to live, some 31,000 years: what doubles count exactly, and more than needed.
   */
  static final long TTL_MS_MAX = 1_000_000_000_000_000L;

  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // The body's own limit bounds both.
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNestingDepth(8)
                  .build())
          .build();
  private static final String MEMBERS = "v, y, t, b, and k when it is the key";

  private EntryParser() {}

  /**
   * @param nowMs milliseconds since 1970, from which {@code t} is counted
   */
  public static Entry parse(Bytes key, byte[] body, long nowMs) throws MalformedEntryException {
    try {
      Form form = readForm(body);
      Values values = new Values(form.base64);
      if (form.key != null && !values.bytes(form.key).equals(key)) {
        throw new MalformedEntryException(
            "\"k\" is another key than that of the request; leave it out", null);
      }
      try (JsonParser json = JSON.createParser(body)) {
        json.nextToken();
        while (json.nextToken() == JsonToken.FIELD_NAME && !json.currentName().equals("v")) {
          json.nextToken();
          json.skipChildren();
        }
        json.nextToken();
        DataType type = form.type != null ? form.type : typeOf(json);
        values.read(json, type);
        long expiresAtMs = form.ttlMs == 0 ? 0 : nowMs + form.ttlMs;
        return new Entry(key, type, values.value(), values.fields(), expiresAtMs);
      }
    } catch (JsonProcessingException e) {
      throw new MalformedEntryException(
          "no JSON: " + Values.firstLine(e.getOriginalMessage()), e.getLocation());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  /** Everything but the value, which can be read only when its type is known. */
  private static Form readForm(byte[] body) throws IOException, MalformedEntryException {
    Form form = new Form();
    try (JsonParser json = JSON.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw wrong(json, "an object with the members " + MEMBERS);
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String member = json.currentName();
        json.nextToken();
        switch (member) {
          case "v" -> {
            form.value = true;
            json.skipChildren();
          }
          case "y" -> form.type = type(json);
          case "t" -> form.ttlMs = ttl(json);
          case "b" -> form.base64 = flag(json);
          case "k" -> {
            if (!json.hasToken(JsonToken.VALUE_STRING)) {
              throw wrong(json, "text as \"k\"");
            }
            form.key = json.getText();
          }
          default ->
              throw new MalformedEntryException(
                  "unknown member \"" + Values.cut(member) + "\"; allowed: " + MEMBERS,
                  json.currentTokenLocation());
        }
      }
      if (json.nextToken() != null) {
        throw wrong(json, "nothing after the object");
      }
      if (!form.value) {
        throw new MalformedEntryException("\"v\", the value, is missing", null);
      }
    }
    return form;
  }

  private static DataType type(JsonParser json) throws IOException, MalformedEntryException {
    String allowed = "string, list, hash, set, zset or stream as \"y\"";
    if (!json.hasToken(JsonToken.VALUE_STRING)) {
      throw wrong(json, allowed);
    }
    return switch (json.getText()) {
      case "string", "list", "hash", "set", "zset", "stream" ->
          DataType.valueOf(json.getText().toUpperCase(Locale.ROOT));
      default -> throw wrong(json, allowed);
    };
  }

  private static DataType typeOf(JsonParser json) throws IOException, MalformedEntryException {
    return switch (json.currentToken()) {
      case VALUE_STRING -> DataType.STRING;
      case START_OBJECT -> DataType.HASH;
      case START_ARRAY -> DataType.LIST;
      default -> throw wrong(json, "text, an object or an array as \"v\"; a number is text here");
    };
  }

  private static long ttl(JsonParser json) throws IOException, MalformedEntryException {
    String allowed = "a whole number of milliseconds from 1 to " + TTL_MS_MAX + " as \"t\"";
    if (!json.hasToken(JsonToken.VALUE_NUMBER_INT)
        || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw wrong(json, allowed);
    }
    long ttlMs = json.getLongValue();
    if (ttlMs < 1 || ttlMs > TTL_MS_MAX) {
      throw wrong(json, allowed);
    }
    return ttlMs;
  }

  private static boolean flag(JsonParser json) throws IOException, MalformedEntryException {
    if (json.hasToken(JsonToken.VALUE_TRUE) || json.hasToken(JsonToken.VALUE_FALSE)) {
      return json.getBooleanValue();
    }
    throw wrong(json, "true or false as \"b\"");
  }

  static MalformedEntryException wrong(JsonParser json, String allowed) throws IOException {
    String found =
        json.currentToken() == null ? "the end" : "\"" + Values.cut(json.getText()) + "\"";
    return new MalformedEntryException(
        found + " is not allowed; allowed: " + allowed, json.currentTokenLocation());
  }

  private static final class Form {
    private boolean value;
    private boolean base64;
    private DataType type;
    private long ttlMs;
    private String key;
  }
}
