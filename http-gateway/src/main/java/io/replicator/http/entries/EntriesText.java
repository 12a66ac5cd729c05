package io.replicator.http.entries;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.replicator.http.json.EntryWriter;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.PullLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The entries of a snapshot as JSON, batch by batch, each entry whole, however large it is: a
 * collection stays open in the text until its last field has been read. Whether all of it is UTF-8
 * has to be known when it begins; where it goes on beyond the batch, its rest is read twice.
 *
 * <p>Memory: one batch and its text. Used by one thread at a time; blocks on disk.
 */
final class EntriesText {
  /** What is around the entries. */
  enum Frame {
    /** An array. */
    ARRAY,
    /** Each on a line of its own. */
    LINES,
    /** Nothing: there is one. */
    SINGLE
  }

  private static final JsonFactory JSON = new JsonFactoryBuilder().rootValueSeparator("\n").build();

  private final DatabaseSnapshot snapshot;
  private final KeyFilter filter;
  private final PullLimits limits;
  private final Frame frame;
  private final long nowMs;
  private final ByteArrayBuilder text = new ByteArrayBuilder(4_096);
  private final JsonGenerator json;
  private final EntryWriter writer;
  private Cursor position;
  private boolean begun;
  private boolean entryOpen;
  private long entries;

  /**
   * @param from {@link Cursor#NOTHING}, or where to go on
   */
  EntriesText(
      DatabaseSnapshot snapshot,
      Cursor from,
      KeyFilter filter,
      PullLimits limits,
      Frame frame,
      long nowMs) {
    this.snapshot = snapshot;
    this.position = from;
    this.filter = filter;
    this.limits = limits;
    this.frame = frame;
    this.nowMs = nowMs;
    try {
      this.json = JSON.createGenerator(text);
      this.writer = new EntryWriter(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  /** Whether {@link #next} has returned the last of the text. */
  boolean ended() {
    return position instanceof Cursor.At;
  }

  /** Entries that have begun. */
  long entries() {
    return entries;
  }

  /** The next part of the text in UTF-8; empty where what was read brought nothing. */
  byte[] next() {
    Batch batch = snapshot.pull(position, filter, limits);
    position = batch.to();
    return write(batch, ended());
  }

  /**
   * The text of a batch.
   *
   * @param last whether nothing follows
   */
  byte[] write(Batch batch, boolean last) {
    try {
      begin();
      List<VersionedRecord> records = batch.records();
      for (int i = 0; i < records.size(); i++) {
        VersionedRecord versioned = records.get(i);
        if (versioned instanceof Header header) {
          endEntry();
          writer.begin(header, isUtf8(header, batch, i), nowMs);
          entryOpen = true;
          entries++;
        } else if (versioned instanceof Field field) {
          writer.field(field.field(), field.value());
        }
      }
      if (last) {
        end();
      }
      json.flush();
      byte[] part = text.toByteArray();
      text.reset();
      return part;
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  private void begin() throws IOException {
    if (!begun && frame == Frame.ARRAY) {
      json.writeStartArray();
    }
    begun = true;
  }

  private void end() throws IOException {
    endEntry();
    if (frame == Frame.ARRAY) {
      json.writeEndArray();
    }
    if (frame != Frame.LINES || entries > 0) {
      json.writeRaw('\n');
    }
  }

  private void endEntry() throws IOException {
    if (entryOpen) {
      writer.end();
      entryOpen = false;
      if (frame == Frame.ARRAY) {
        // Not for machines: whoever looks at it finds an entry a line.
        json.writeRaw('\n');
      }
    }
  }

  private boolean isUtf8(Header header, Batch batch, int at) {
    if (!EntryWriter.isUtf8(header)) {
      return false;
    }
    List<VersionedRecord> records = batch.records();
    int next = at + 1;
    while (next < records.size() && records.get(next) instanceof Field field) {
      if (!EntryWriter.isUtf8(field)) {
        return false;
      }
      next++;
    }
    return next < records.size() || !batch.openKey() || isRestUtf8(header.key(), batch.to());
  }

  private boolean isRestUtf8(Bytes key, Cursor from) {
    var only = new KeyFilter(List.of(KeyGlob.literal(key)), List.of());
    Cursor at = from;
    while (at instanceof Cursor.Loading) {
      Batch rest = snapshot.pull(at, only, limits);
      for (VersionedRecord versioned : rest.records()) {
        if (versioned instanceof Field field && !EntryWriter.isUtf8(field)) {
          return false;
        }
      }
      at = rest.to();
    }
    return true;
  }
}
