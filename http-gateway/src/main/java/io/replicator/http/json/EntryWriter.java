package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.io.IOException;

/**
 * Writes whole entries, a collection field by field: {@link #begin}, {@link #field}…, {@link #end}.
 * Whether all of an entry is UTF-8 must be known before it begins. Not thread-safe.
 */
public final class EntryWriter {
  private final JsonGenerator json;
  private Texts texts;
  private DataType type;

  public EntryWriter(JsonGenerator json) {
    this.json = json;
  }

  /** Whether the key, and the value where it is no collection, can be written as text. */
  public static boolean isUtf8(Header header) {
    return header.key().isUtf8() && Texts.isUtf8(header.type(), header.value());
  }

  public static boolean isUtf8(Field field) {
    return Texts.isUtf8(field.type(), field.field(), field.value());
  }

  /**
   * @param utf8 whether all of the entry is, its fields included
   * @param nowMs milliseconds since 1970
   */
  public void begin(Header header, boolean utf8, long nowMs) throws IOException {
    texts = Texts.of(utf8);
    type = header.type();
    texts.writeKey(json, header.key(), type);
    if (header.expiresAtMs() != 0) {
      json.writeNumberField("t", left(header.expiresAtMs(), nowMs));
    }
    json.writeFieldName("v");
    switch (type) {
      case HASH -> json.writeStartObject();
      case SET, ZSET, STREAM -> json.writeStartArray();
      case LIST -> texts.writeList(json, header.value());
      case STRING, OPAQUE -> texts.write(json, header.value());
    }
  }

  public void field(Bytes field, Bytes value) throws IOException {
    texts.writeField(json, type, field, value);
  }

  public void end() throws IOException {
    if (type == DataType.HASH) {
      json.writeEndObject();
    } else if (type.isCollection()) {
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /** What is due is still there until its deletion arrives: never 0, which some take for none. */
  static long left(long expiresAtMs, long nowMs) {
    return Math.max(1, expiresAtMs - nowMs);
  }
}
