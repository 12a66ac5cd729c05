package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A batch of a delta or of a load as one JSON object; see the package. Each key comes once, where
 * the batch first has it: within a batch, only the order of one key's records means something.
 * Thread-safe.
 *
 * <p>A load's entry whose fields go on in the next batch is followed there by a patch of the same
 * key, and so is an entry of a delta.
 */
public final class BatchJson {
  private static final JsonFactory JSON = new JsonFactory();

  private BatchJson() {}

  /**
   * The object in UTF-8, without a line break.
   *
   * @param nowMs milliseconds since 1970, from which the time that keys have left is counted
   */
  public static byte[] encode(Batch batch, long nowMs) {
    try (var bytes = new ByteArrayBuilder(512);
        JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      writeMembers(json, batch, nowMs);
      json.writeEndObject();
      json.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /**
   * The same without {@code from}: for readers that share a batch but come from different places,
   * between which nothing concerned them.
   */
  public static byte[] encodeWithoutFrom(Batch batch, long nowMs) {
    try (var bytes = new ByteArrayBuilder(512);
        JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      writeAllButFrom(json, batch, nowMs);
      json.writeEndObject();
      json.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /** The members of the object, into one that {@code json} has begun, beside others. */
  public static void writeMembers(JsonGenerator json, Batch batch, long nowMs) throws IOException {
    if (!(batch.from() instanceof Cursor.Nothing)) {
      json.writeStringField("from", CursorText.of(batch.from()));
    }
    writeAllButFrom(json, batch, nowMs);
  }

  private static void writeAllButFrom(JsonGenerator json, Batch batch, long nowMs)
      throws IOException {
    json.writeStringField("cursor", CursorText.of(batch.to()));
    json.writeBooleanField("caughtUp", batch.frontier());
    if (batch.beginsLoad()) {
      json.writeBooleanField("reset", true);
    }
    json.writeArrayFieldStart("entries");
    Map<Bytes, KeyChange> changes = new LinkedHashMap<>();
    for (VersionedRecord versioned : batch.records()) {
      changes.computeIfAbsent(versioned.key(), KeyChange::new).add(versioned);
    }
    for (KeyChange change : changes.values()) {
      change.write(json, nowMs);
    }
    json.writeEndArray();
  }
}
