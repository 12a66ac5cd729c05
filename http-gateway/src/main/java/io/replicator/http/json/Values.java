package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one value into its stored layout; see {@link DataType}. Used once. */
final class Values {
  private static final Pattern STREAM_ID = Pattern.compile("([0-9]{1,20})-([0-9]{1,20})");
  private static final int SHOWN_MAX = 40;
  private static final int LINE_MAX = 200;

  private final boolean base64;
  private final Map<Bytes, Bytes> fields = new HashMap<>();
  private Bytes value = Bytes.EMPTY;

  Values(boolean base64) {
    this.base64 = base64;
  }

  Bytes value() {
    return value;
  }

  Map<Bytes, Bytes> fields() {
    return fields;
  }

  /** From the value's first token to its last. */
  void read(JsonParser json, DataType type) throws IOException, MalformedEntryException {
    switch (type) {
      case STRING -> value = text(json, "text as the value of a string");
      case LIST -> value = elements(json, "an array of texts as the value of a list");
      case HASH -> {
        expect(json, JsonToken.START_OBJECT, "an object as the value of a hash");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          Bytes field = bytes(json, json.currentName());
          json.nextToken();
          put(json, field, text(json, "text as the value of a field"));
        }
      }
      case SET -> {
        expect(json, JsonToken.START_ARRAY, "an array as the value of a set");
        while (json.nextToken() != JsonToken.END_ARRAY) {
          put(json, text(json, "text as a member"), Bytes.EMPTY);
        }
      }
      case ZSET -> {
        expect(json, JsonToken.START_ARRAY, "an array as the value of a zset");
        String pair = "[member, score] with a number, \"inf\" or \"-inf\" as the score";
        while (json.nextToken() != JsonToken.END_ARRAY) {
          expect(json, JsonToken.START_ARRAY, pair);
          json.nextToken();
          Bytes member = text(json, pair);
          json.nextToken();
          put(json, member, score(json, pair));
          json.nextToken();
          expect(json, JsonToken.END_ARRAY, pair);
        }
      }
      case STREAM -> readStream(json);
      case OPAQUE -> throw new IllegalArgumentException("nobody but a source writes these");
    }
    if (type != DataType.STRING && value.isEmpty() && fields.isEmpty()) {
      throw new MalformedEntryException(
          "an empty " + type.name().toLowerCase(Locale.ROOT) + " does not exist; DELETE the key",
          json.currentTokenLocation());
    }
  }

  private void readStream(JsonParser json) throws IOException, MalformedEntryException {
    expect(json, JsonToken.START_ARRAY, "an array as the value of a stream");
    String pair = "[\"ms-seq\", [name, text, …]] or [\"ms-seq\", {name: text, …}]";
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json, JsonToken.START_ARRAY, pair);
      json.nextToken();
      Bytes id = streamId(json, pair);
      json.nextToken();
      put(json, id, json.hasToken(JsonToken.START_OBJECT) ? members(json) : pairs(json, pair));
      json.nextToken();
      expect(json, JsonToken.END_ARRAY, pair);
    }
  }

  private Bytes elements(JsonParser json, String allowed)
      throws IOException, MalformedEntryException {
    expect(json, JsonToken.START_ARRAY, allowed);
    var layout = new ByteArrayOutputStream();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      Elements.append(layout, text(json, allowed));
    }
    return Bytes.wrap(layout.toByteArray());
  }

  private Bytes pairs(JsonParser json, String allowed) throws IOException, MalformedEntryException {
    var at = json.currentTokenLocation();
    Bytes pairs = elements(json, allowed);
    int count = 0;
    for (var each = new Elements(pairs); each.hasNext(); each.next()) {
      count++;
    }
    if (count == 0 || count % 2 != 0) {
      throw new MalformedEntryException(
          count + " texts in an entry of a stream; allowed: names and values in turn, at least one",
          at);
    }
    return pairs;
  }

  private Bytes members(JsonParser json) throws IOException, MalformedEntryException {
    var at = json.currentTokenLocation();
    var layout = new ByteArrayOutputStream();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      Elements.append(layout, bytes(json, json.currentName()));
      json.nextToken();
      Elements.append(layout, text(json, "text as the value of a name"));
    }
    if (layout.size() == 0) {
      throw new MalformedEntryException("an entry of a stream without a name", at);
    }
    return Bytes.wrap(layout.toByteArray());
  }

  private Bytes score(JsonParser json, String allowed) throws IOException, MalformedEntryException {
    double score;
    if (json.currentToken().isNumeric()) {
      score = json.getDoubleValue();
      if (Double.isInfinite(score)) {
        throw EntryParser.wrong(json, "a score that a double can hold");
      }
    } else if (json.hasToken(JsonToken.VALUE_STRING) && json.getText().equals("inf")) {
      score = Double.POSITIVE_INFINITY;
    } else if (json.hasToken(JsonToken.VALUE_STRING) && json.getText().equals("-inf")) {
      score = Double.NEGATIVE_INFINITY;
    } else {
      throw EntryParser.wrong(json, allowed);
    }
    return Bytes.wrap(ByteBuffer.allocate(Double.BYTES).putDouble(score).array());
  }

  private static Bytes streamId(JsonParser json, String allowed)
      throws IOException, MalformedEntryException {
    Matcher id = STREAM_ID.matcher(json.hasToken(JsonToken.VALUE_STRING) ? json.getText() : "");
    if (id.matches()) {
      try {
        return Bytes.wrap(
            ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(Long.parseUnsignedLong(id.group(1)))
                .putLong(Long.parseUnsignedLong(id.group(2)))
                .array());
      } catch (NumberFormatException e) {
        // Over 64 bits: as wrong as any other text.
        throw EntryParser.wrong(json, "an id of two numbers below 2^64");
      }
    }
    throw EntryParser.wrong(json, allowed);
  }

  private void put(JsonParser json, Bytes field, Bytes content) throws MalformedEntryException {
    if (fields.put(field, content) != null) {
      throw new MalformedEntryException(
          "\"" + cut(field.toString()) + "\" comes twice", json.currentTokenLocation());
    }
  }

  private Bytes text(JsonParser json, String allowed) throws IOException, MalformedEntryException {
    expect(json, JsonToken.VALUE_STRING, allowed);
    return bytes(json, json.getText());
  }

  /** For text that has been read without its place. */
  Bytes bytes(String text) throws MalformedEntryException {
    return bytes(null, text);
  }

  private Bytes bytes(JsonParser json, String text) throws MalformedEntryException {
    var at = json == null ? null : json.currentTokenLocation();
    if (base64) {
      try {
        return Bytes.wrap(Base64.getDecoder().decode(text));
      } catch (IllegalArgumentException e) {
        throw new MalformedEntryException(
            "\"" + cut(text) + "\" is no base64, which \"b\" promises", at);
      }
    }
    Bytes bytes = Bytes.utf8(text);
    // Half of a surrogate pair has no UTF-8; it would be stored as a question mark.
    if (!bytes.asUtf8().equals(text)) {
      throw new MalformedEntryException(
          "\"" + cut(text) + "\" has half of a surrogate pair; bytes that are no text go as base64",
          at);
    }
    return bytes;
  }

  private static void expect(JsonParser json, JsonToken token, String allowed)
      throws IOException, MalformedEntryException {
    if (!json.hasToken(token)) {
      throw EntryParser.wrong(json, allowed);
    }
  }

  static String cut(String text) {
    return text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
  }

  static String firstLine(String text) {
    int end = text.indexOf('\n');
    String line = end < 0 ? text : text.substring(0, end);
    return line.length() > LINE_MAX ? line.substring(0, LINE_MAX) + "…" : line;
  }
}
