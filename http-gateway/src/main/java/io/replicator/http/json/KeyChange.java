package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.DeletedField;
import io.replicator.replication.VersionedRecord.DeletedKey;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What one batch says of one key. Confined to the thread that writes the batch. */
final class KeyChange {
  private final Bytes key;
  private DataType type;
  private Header header;
  private boolean deleted;
  private final List<Field> fields = new ArrayList<>(1);
  private final List<Bytes> deletedFields = new ArrayList<>(0);
  private boolean utf8;

  KeyChange(Bytes key) {
    this.key = key;
    this.utf8 = key.isUtf8();
  }

  /** In the order of the batch. */
  void add(VersionedRecord versioned) {
    if (versioned instanceof Header added) {
      if (added.replaces()) {
        forget();
      }
      deleted = false;
      header = added;
      type = added.type();
      utf8 &= Texts.isUtf8(added.type(), added.value());
    } else if (versioned instanceof Field field) {
      deleted = false;
      type = field.type();
      fields.add(field);
      utf8 &= EntryWriter.isUtf8(field);
    } else if (versioned instanceof DeletedField field) {
      type = field.type();
      deletedFields.add(field.field());
      utf8 &= Texts.isUtf8Name(field.type(), field.field());
    } else if (versioned instanceof DeletedKey) {
      forget();
      deleted = true;
    }
  }

  private void forget() {
    header = null;
    type = null;
    fields.clear();
    deletedFields.clear();
    utf8 = key.isUtf8();
  }

  void write(JsonGenerator json, long nowMs) throws IOException {
    if (deleted) {
      Texts.of(utf8).writeKey(json, key, null);
      json.writeBooleanField("d", true);
      json.writeEndObject();
    } else if (header != null && header.replaces()) {
      var entry = new EntryWriter(json);
      entry.begin(header, utf8, nowMs);
      for (Field field : fields) {
        entry.field(field.field(), field.value());
      }
      entry.end();
    } else {
      writePatch(json, Texts.of(utf8), nowMs);
    }
  }

  private void writePatch(JsonGenerator json, Texts texts, long nowMs) throws IOException {
    texts.writeKey(json, key, type);
    if (header != null && header.expiresAtMs() == 0) {
      json.writeNullField("t");
    } else if (header != null) {
      json.writeNumberField("t", EntryWriter.left(header.expiresAtMs(), nowMs));
    }
    if (!fields.isEmpty()) {
      json.writeFieldName("set");
      boolean object = type == DataType.HASH;
      if (object) {
        json.writeStartObject();
      } else {
        json.writeStartArray();
      }
      for (Field field : fields) {
        texts.writeField(json, type, field.field(), field.value());
      }
      if (object) {
        json.writeEndObject();
      } else {
        json.writeEndArray();
      }
    }
    if (!deletedFields.isEmpty()) {
      json.writeArrayFieldStart("del");
      for (Bytes field : deletedFields) {
        texts.writeFieldName(json, type, field);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }
}
