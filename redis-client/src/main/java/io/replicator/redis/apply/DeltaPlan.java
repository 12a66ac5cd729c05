package io.replicator.redis.apply;

import io.replicator.redis.apply.FeedProgress.Sweep;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.DeletedField;
import io.replicator.replication.VersionedRecord.DeletedKey;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a group of delta batches into commands.
 *
 * <p>Redis does two things to a collection by itself that the hub does not: it removes one that has
 * lost its last field, and one whose expiry has come. A change of a part of a collection therefore
 * asks first ({@link #questions}) whether the key is there:
 *
 * <ul>
 *   <li>Within a group, fields are deleted after all others are written, so that a key never loses
 *       its expiry on the way from one set of fields to another. Where a catch-up of several groups
 *       cannot help it, or brings a collection's header in one group and its first field in the
 *       next, the expiry is noted in {@code replicator:empty:…} and given back with the next
 *       fields; at a frontier there is nothing left to note.
 *   <li>A key that has expired here gets no fields: they would make a key that never expires. Its
 *       tombstone is on its way. If what comes instead is a longer life, the copy has lost fields
 *       that the hub counts on: {@link #lostKey}, and only a new load helps.
 * </ul>
 *
 * <p>Use: construct, send {@link #questions} if there are any and wait for the replies, then {@link
 * #write}.
 */
final class DeltaPlan {
  /** What a group does to one collection. */
  private static final class Touch {
    final DataType type;

    /** Whether the group's first change of this key builds on what the copy holds. */
    final boolean guarded;

    final Set<Bytes> deleted = new LinkedHashSet<>();

    // Of several batches, a later one may delete what an earlier one put. Null where there is one.
    final Set<Bytes> putNames;

    /** Whether the group puts a field that is still there at its end. */
    boolean added;

    /** Whether the group replaces the collection, so that nothing of the copy's is left. */
    boolean fresh;

    boolean gone;
    long expiresAtMs = UNCHANGED;

    Request life;
    Request size;
    Request note;

    // From the replies.
    boolean lapsed;
    boolean noted;
    long notedExpiresAtMs;

    Touch(DataType type, boolean guarded, boolean severalBatches) {
      this.type = type;
      this.guarded = guarded;
      this.putNames = severalBatches ? new HashSet<>() : null;
    }

    void foresee(VersionedRecord record) {
      if (record instanceof Field field) {
        added = true;
        if (putNames != null) {
          putNames.add(field.field());
        }
      } else if (record instanceof DeletedField field) {
        if (putNames != null && putNames.remove(field.field())) {
          added = !putNames.isEmpty();
        }
      } else if (record instanceof Header header && header.replaces()) {
        fresh = true;
        added = false;
        if (putNames != null) {
          putNames.clear();
        }
      }
    }

    void replaced(long expiry) {
      deleted.clear();
      gone = false;
      lapsed = false;
      noted = false;
      expiresAtMs = expiry;
    }
  }

  private static final long UNCHANGED = -1;
  private static final long MISSING = -2;

  private final TargetKeys keys;
  private final FeedProgress progress;
  private final List<Batch> batches;
  private final boolean frontier;
  private final Map<Bytes, Touch> touches = new LinkedHashMap<>();
  private Bytes lostKey;
  private boolean emptied;

  DeltaPlan(TargetKeys keys, FeedProgress progress, List<Batch> batches) {
    this.keys = keys;
    this.progress = progress;
    this.batches = batches;
    this.frontier = batches.get(batches.size() - 1).frontier();
    this.emptied = progress.emptied();
    batches.forEach(this::touch);
  }

  private void touch(Batch batch) {
    Bytes last = null;
    Touch touch = null;
    for (VersionedRecord record : batch.records()) {
      DataType type = collectionType(record);
      if (type == null) {
        continue;
      }
      // Fields of one key often follow one another.
      if (!record.key().equals(last)) {
        last = record.key();
        touch = touches.get(last);
      }
      if (touch == null) {
        boolean replaces = record instanceof Header header && header.replaces();
        touch = new Touch(type, !replaces, batches.size() > 1);
        touches.put(last, touch);
      }
      touch.foresee(record);
    }
  }

  private static DataType collectionType(VersionedRecord record) {
    if (record instanceof Field field) {
      return field.type();
    }
    if (record instanceof DeletedField field) {
      return field.type();
    }
    return record instanceof Header header && header.type().isCollection() ? header.type() : null;
  }

  /** What must be known of the copy before {@link #write}; read-only. */
  List<Request> questions() {
    List<Request> questions = new ArrayList<>();
    touches.forEach(
        (key, touch) -> {
          if (!touch.guarded) {
            return;
          }
          touch.life = Request.of(Verb.PEXPIRETIME, key);
          questions.add(touch.life);
          if (!frontier && !touch.added && !touch.fresh && touch.type != DataType.STREAM) {
            touch.size = Request.of(cardinality(touch.type), key);
            questions.add(touch.size);
          }
          if (progress.emptied()) {
            touch.note = Request.of(Verb.HGET, keys.empty()).add(key);
            questions.add(touch.note);
          }
        });
    return questions;
  }

  private static Verb cardinality(DataType type) {
    return switch (type) {
      case HASH -> Verb.HLEN;
      case SET -> Verb.SCARD;
      case ZSET -> Verb.ZCARD;
      default -> throw new IllegalArgumentException(type + " is not counted");
    };
  }

  /** The key without which this group cannot be applied, null where there is none. */
  Bytes lostKey() {
    return lostKey;
  }

  /**
   * Writes the group.
   *
   * @param nowMs by the clock that decides what has expired, the target's as far as known
   * @return the progress after it, its cursor included; meaningless with a {@link #lostKey}
   */
  FeedProgress write(CommandWriter writer, long nowMs) {
    touches.values().forEach(touch -> answered(touch));
    for (Batch batch : batches) {
      Bytes last = null;
      for (VersionedRecord record : batch.records()) {
        if (progress.sweep() == Sweep.MARKED && !record.key().equals(last)) {
          last = record.key();
          writer.forget(keys.stale(), last);
        }
        write(record, writer, nowMs);
      }
      writer.barrier();
    }
    touches.forEach((key, touch) -> end(key, touch, writer));
    if (frontier && emptied) {
      writer.ending(Request.of(Verb.UNLINK, keys.empty()));
      emptied = false;
    }
    writer.barrier();
    return progress
        .withCursor(batches.get(batches.size() - 1).to())
        .withSweep(progress.sweep().after(frontier))
        .withEmptied(emptied);
  }

  private static void answered(Touch touch) {
    if (touch.life == null || touch.life.integer() != MISSING) {
      return;
    }
    touch.noted = touch.note != null && touch.note.bytes() != null;
    touch.lapsed = !touch.noted;
    if (touch.noted) {
      touch.notedExpiresAtMs = Long.parseLong(touch.note.bytes().asUtf8());
    }
  }

  private void write(VersionedRecord record, CommandWriter writer, long nowMs) {
    Bytes key = record.key();
    Touch touch = touches.isEmpty() ? null : touches.get(key);
    if (record instanceof Header header) {
      if (!header.type().isCollection()) {
        if (touch != null) {
          touch.gone = true;
        }
        value(header, writer);
      } else if (header.replaces()) {
        touch.replaced(header.expiresAtMs() == 0 ? UNCHANGED : header.expiresAtMs());
        writer.remove(key);
      } else if (!touch.lapsed) {
        touch.expiresAtMs = header.expiresAtMs();
      } else if (header.expiresAtMs() == 0 || header.expiresAtMs() > nowMs) {
        lostKey = key;
      }
    } else if (record instanceof Field field) {
      if (!touch.lapsed) {
        touch.deleted.remove(field.field());
        writer.field(key, field.type(), field.field(), field.value());
      }
    } else if (record instanceof DeletedField field) {
      touch.deleted.add(field.field());
    } else if (record instanceof DeletedKey) {
      if (touch != null) {
        touch.gone = true;
      }
      writer.remove(key);
    }
  }

  private static void value(Header header, CommandWriter writer) {
    switch (header.type()) {
      case STRING -> writer.string(header.key(), header.value(), header.expiresAtMs());
      case LIST -> writer.list(header.key(), header.value(), header.expiresAtMs());
      default -> writer.opaque(header.key(), header.value(), header.expiresAtMs());
    }
  }

  private void end(Bytes key, Touch touch, CommandWriter writer) {
    if (touch.gone || touch.lapsed) {
      return;
    }
    if (touch.noted && !touch.added) {
      // Still without fields: only the note can change.
      if (touch.expiresAtMs != UNCHANGED) {
        note(key, touch.expiresAtMs, writer);
      }
      return;
    }
    if (touch.fresh) {
      if (!touch.added && !frontier) {
        note(key, Math.max(0, touch.expiresAtMs), writer);
      } else if (progress.emptied()) {
        writer.ending(Request.of(Verb.HDEL, keys.empty()).add(key));
      }
    } else if (touch.size != null && touch.size.integer() <= touch.deleted.size()) {
      long life = touch.life.integer();
      note(key, touch.expiresAtMs != UNCHANGED ? touch.expiresAtMs : Math.max(0, life), writer);
    }
    writer.deleteFields(key, touch.type, touch.deleted);
    if (touch.expiresAtMs != UNCHANGED) {
      writer.expire(key, touch.expiresAtMs);
    } else if (touch.noted && touch.notedExpiresAtMs != 0) {
      writer.expire(key, touch.notedExpiresAtMs);
    }
    if (touch.noted) {
      writer.ending(Request.of(Verb.HDEL, keys.empty()).add(key));
    }
  }

  private void note(Bytes key, long expiresAtMs, CommandWriter writer) {
    writer.ending(Request.of(Verb.HSET, keys.empty()).add(key).add(expiresAtMs));
    emptied = true;
  }
}
