package io.replicator.app.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.Done;

/**
 * Writes one JSON object a line:
 *
 * <pre>
 *   db       database
 *   k        key
 *   f        field: of a hash, set, zset or stream
 *   type     string, list, hash, set, zset, stream, opaque
 *   v        value: text; of a list or stream entry an array; of a zset member its score
 *   t        when the key expires, milliseconds since 1970; absent for never
 *   deleted  true when the key, or with f the field, is gone
 *   replaces true when every earlier field of the key is gone
 *   b        true when not all is UTF-8: k, f and texts of v are base64 then
 * </pre>
 *
 * Cursors live as long as the process: a new one gets everything again. Thread-safe; records of one
 * batch stay together.
 */
final class StdoutSink implements BatchSink {
  private static final JsonFactory JSON = new JsonFactory();

  private final PrintWriter out;
  private final Map<String, String> databaseTargets;
  private final Map<FeedKey, Cursor> cursors = new ConcurrentHashMap<>();

  StdoutSink(PrintWriter out, Map<String, String> databaseTargets) {
    this.out = out;
    this.databaseTargets = databaseTargets;
  }

  @Override
  public CompletionStage<Done> connect() {
    return done();
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    return CompletableFuture.completedFuture(Map.copyOf(cursors));
  }

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds) {
    return done();
  }

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    String database = databaseTargets.getOrDefault(feed.database(), feed.database());
    var lines = new StringWriter();
    long records = 0;
    try {
      for (Batch batch : batches) {
        for (VersionedRecord versioned : batch.records()) {
          write(lines, database, versioned);
        }
        records += batch.records().size();
      }
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    synchronized (out) {
      out.write(lines.toString());
      // A broken pipe shows here and nowhere else.
      if (out.checkError()) {
        return CompletableFuture.failedFuture(new IOException("standard output is closed"));
      }
    }
    cursors.put(feed.key(), batches.get(batches.size() - 1).to());
    return CompletableFuture.completedFuture(new Applied(records, Map.of()));
  }

  @Override
  public CompletionStage<Done> close() {
    return done();
  }

  @Override
  public String describe() {
    return "stdout:";
  }

  private static void write(StringWriter lines, String database, VersionedRecord versioned)
      throws IOException {
    try (JsonGenerator json = JSON.createGenerator(lines)) {
      json.writeStartObject();
      json.writeStringField("db", database);
      if (versioned instanceof VersionedRecord.Header header) {
        List<Bytes> values = values(header.type(), header.value());
        Texts texts = Texts.of(header.key(), Bytes.EMPTY, values);
        json.writeStringField("k", texts.text(header.key()));
        writeType(json, header.type());
        if (!header.type().isCollection()) {
          writeValue(json, header.type(), values, texts);
        } else if (header.replaces()) {
          json.writeBooleanField("replaces", true);
        }
        if (header.expiresAtMs() > 0) {
          json.writeNumberField("t", header.expiresAtMs());
        }
        texts.writeMark(json);
      } else if (versioned instanceof VersionedRecord.Field field) {
        List<Bytes> values = values(field.type(), field.value());
        Texts texts =
            Texts.of(field.key(), textual(field.type(), field.field()), scored(field, values));
        json.writeStringField("k", texts.text(field.key()));
        json.writeStringField("f", fieldName(field.type(), field.field(), texts));
        writeType(json, field.type());
        writeValue(json, field.type(), values, texts);
        texts.writeMark(json);
      } else if (versioned instanceof VersionedRecord.DeletedKey deleted) {
        Texts texts = Texts.of(deleted.key(), Bytes.EMPTY, List.of());
        json.writeStringField("k", texts.text(deleted.key()));
        json.writeBooleanField("deleted", true);
        texts.writeMark(json);
      } else if (versioned instanceof VersionedRecord.DeletedField deleted) {
        Texts texts = Texts.of(deleted.key(), textual(deleted.type(), deleted.field()), List.of());
        json.writeStringField("k", texts.text(deleted.key()));
        json.writeStringField("f", fieldName(deleted.type(), deleted.field(), texts));
        writeType(json, deleted.type());
        json.writeBooleanField("deleted", true);
        texts.writeMark(json);
      }
      json.writeEndObject();
    }
    lines.write('\n');
  }

  private static void writeType(JsonGenerator json, DataType type) throws IOException {
    json.writeStringField("type", type.name().toLowerCase(Locale.ROOT));
  }

  private static void writeValue(JsonGenerator json, DataType type, List<Bytes> values, Texts texts)
      throws IOException {
    switch (type) {
      case SET -> {}
      case ZSET -> {
        double score = asBuffer(values.get(0)).getDouble();
        if (Double.isFinite(score)) {
          json.writeNumberField("v", score);
        } else {
          json.writeStringField("v", score > 0 ? "inf" : "-inf");
        }
      }
      case LIST, STREAM -> {
        json.writeArrayFieldStart("v");
        for (Bytes value : values) {
          json.writeString(texts.text(value));
        }
        json.writeEndArray();
      }
      case STRING, HASH, OPAQUE -> json.writeStringField("v", texts.text(values.get(0)));
    }
  }

  private static String fieldName(DataType type, Bytes field, Texts texts) {
    if (type != DataType.STREAM) {
      return texts.text(field);
    }
    ByteBuffer id = asBuffer(field);
    return Long.toUnsignedString(id.getLong()) + "-" + Long.toUnsignedString(id.getLong());
  }

  /** Stream ids are numbers: they are written as such and need no base64. */
  private static Bytes textual(DataType type, Bytes field) {
    return type == DataType.STREAM ? Bytes.EMPTY : field;
  }

  private static List<Bytes> scored(VersionedRecord.Field field, List<Bytes> values) {
    return field.type() == DataType.ZSET ? List.of() : values;
  }

  /** A list and a stream entry are several values, each with its length as LEB128 before it. */
  private static List<Bytes> values(DataType type, Bytes value) {
    if (type != DataType.LIST && type != DataType.STREAM) {
      return List.of(value);
    }
    List<Bytes> elements = new ArrayList<>();
    int at = 0;
    while (at < value.length()) {
      int length = 0;
      int shift = 0;
      byte part;
      do {
        part = value.at(at++);
        length |= (part & 0x7f) << shift;
        shift += 7;
      } while (part < 0);
      elements.add(value.slice(at, at + length));
      at += length;
    }
    return elements;
  }

  private static ByteBuffer asBuffer(Bytes bytes) {
    return ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length());
  }

  private static CompletionStage<Done> done() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  /** How the bytes of one line are written: all as text when all are UTF-8, otherwise base64. */
  private record Texts(boolean base64) {
    static Texts of(Bytes key, Bytes field, List<Bytes> values) {
      return new Texts(!isUtf8(key) || !isUtf8(field) || !values.stream().allMatch(Texts::isUtf8));
    }

    String text(Bytes bytes) {
      return base64
          ? StandardCharsets.ISO_8859_1
              .decode(Base64.getEncoder().encode(asBuffer(bytes)))
              .toString()
          : bytes.asUtf8();
    }

    void writeMark(JsonGenerator json) throws IOException {
      if (base64) {
        json.writeBooleanField("b", true);
      }
    }

    private static boolean isUtf8(Bytes bytes) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(asBuffer(bytes));
        return true;
      } catch (CharacterCodingException e) {
        return false;
      }
    }
  }
}
