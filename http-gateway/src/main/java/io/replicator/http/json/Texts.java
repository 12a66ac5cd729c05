package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;

/** How bytes are written in one entry: all as text, or all as base64. */
enum Texts {
  UTF8 {
    @Override
    void write(JsonGenerator json, Bytes bytes) throws IOException {
      json.writeUTF8String(bytes.array(), bytes.offset(), bytes.length());
    }

    @Override
    void writeName(JsonGenerator json, Bytes bytes) throws IOException {
      json.writeFieldName(bytes.asUtf8());
    }
  },
  BASE64 {
    @Override
    void write(JsonGenerator json, Bytes bytes) throws IOException {
      json.writeBinary(bytes.array(), bytes.offset(), bytes.length());
    }

    @Override
    void writeName(JsonGenerator json, Bytes bytes) throws IOException {
      json.writeFieldName(Base64.getEncoder().encodeToString(bytes.toArray()));
    }
  };

  static Texts of(boolean utf8) {
    return utf8 ? UTF8 : BASE64;
  }

  abstract void write(JsonGenerator json, Bytes bytes) throws IOException;

  abstract void writeName(JsonGenerator json, Bytes bytes) throws IOException;

  /** Begins an entry: its key, its type where it has one, and how its bytes are written. */
  void writeKey(JsonGenerator json, Bytes key, DataType type) throws IOException {
    json.writeStartObject();
    json.writeFieldName("k");
    write(json, key);
    if (type != null) {
      json.writeStringField("y", type.name().toLowerCase(Locale.ROOT));
    }
    if (this == BASE64) {
      json.writeBooleanField("b", true);
    }
  }

  void writeList(JsonGenerator json, Bytes elements) throws IOException {
    json.writeStartArray();
    var each = new Elements(elements);
    while (each.hasNext()) {
      write(json, each.next());
    }
    json.writeEndArray();
  }

  /** A field with its value, within the value of its collection. */
  void writeField(JsonGenerator json, DataType type, Bytes field, Bytes value) throws IOException {
    switch (type) {
      case HASH -> {
        writeName(json, field);
        write(json, value);
      }
      case SET -> write(json, field);
      case ZSET -> {
        json.writeStartArray();
        write(json, field);
        writeScore(json, value);
        json.writeEndArray();
      }
      case STREAM -> {
        json.writeStartArray();
        json.writeString(streamId(field));
        writeList(json, value);
        json.writeEndArray();
      }
      default -> throw new IllegalArgumentException("a " + type + " has no fields");
    }
  }

  void writeFieldName(JsonGenerator json, DataType type, Bytes field) throws IOException {
    if (type == DataType.STREAM) {
      json.writeString(streamId(field));
    } else {
      write(json, field);
    }
  }

  /** Whether what is written as text of a field is UTF-8: ids and scores are numbers. */
  static boolean isUtf8(DataType type, Bytes field, Bytes value) {
    return switch (type) {
      case HASH -> field.isUtf8() && value.isUtf8();
      case STREAM -> isUtf8List(value);
      default -> field.isUtf8();
    };
  }

  static boolean isUtf8Name(DataType type, Bytes field) {
    return type == DataType.STREAM || field.isUtf8();
  }

  /** The same of a value that is no collection. */
  static boolean isUtf8(DataType type, Bytes value) {
    return type == DataType.LIST ? isUtf8List(value) : value.isUtf8();
  }

  private static boolean isUtf8List(Bytes elements) {
    var each = new Elements(elements);
    while (each.hasNext()) {
      if (!each.next().isUtf8()) {
        return false;
      }
    }
    return true;
  }

  private static void writeScore(JsonGenerator json, Bytes value) throws IOException {
    double score = buffer(value).getDouble();
    long whole = (long) score;
    if (Double.isInfinite(score)) {
      json.writeString(score > 0 ? "inf" : "-inf");
    } else if (whole == score && Math.abs(whole) < 1L << 53 && !isNegativeZero(score)) {
      json.writeNumber(whole);
    } else {
      json.writeNumber(score);
    }
  }

  private static boolean isNegativeZero(double score) {
    return score == 0 && Double.doubleToRawLongBits(score) != 0;
  }

  private static String streamId(Bytes field) {
    ByteBuffer id = buffer(field);
    return Long.toUnsignedString(id.getLong()) + "-" + Long.toUnsignedString(id.getLong());
  }

  private static ByteBuffer buffer(Bytes bytes) {
    return ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length());
  }
}
