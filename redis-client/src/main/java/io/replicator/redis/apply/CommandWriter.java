package io.replicator.redis.apply;

import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Collapses many records into few commands. Within one {@linkplain #barrier() section} commands go
 * out in three parts, so that records of a key may be given in any order: removals, then values and
 * fields, then what ends a key's change (expiry, rename). Sections keep their order. Confined to
 * one caller at a time.
 */
final class CommandWriter {
  static final int MSET_KEYS_MAX = 512;
  static final int MEMBERS_MAX = 1000;
  static final int COMMAND_BYTES_MAX = 1 << 20;

  private static final Bytes PXAT = Bytes.utf8("PXAT");
  private static final Bytes REPLACE = Bytes.utf8("REPLACE");
  private static final Bytes ABSTTL = Bytes.utf8("ABSTTL");

  private final List<Request> written = new ArrayList<>();
  private final List<Request> removals = new ArrayList<>();
  private final List<Request> values = new ArrayList<>();
  private final List<Request> endings = new ArrayList<>();

  // Commands of this section that may still take more.
  private final Map<Bytes, Request> adding = new HashMap<>();
  private Bytes lastKey;
  private Request lastAdding;
  private Request unlink;
  private Request mset;
  private Request forget;

  void remove(Bytes key) {
    if (isFull(unlink, MEMBERS_MAX)) {
      unlink = append(removals, Request.of(Verb.UNLINK));
    }
    unlink.add(key);
  }

  /** Takes {@code member} out of the set {@code key}, one command for many. */
  void forget(Bytes key, Bytes member) {
    if (isFull(forget, MEMBERS_MAX)) {
      forget = append(endings, Request.of(Verb.SREM, key));
    }
    forget.add(member);
  }

  void string(Bytes key, Bytes value, long expiresAtMs) {
    if (expiresAtMs != 0) {
      append(values, Request.of(Verb.SET, key)).add(value).add(PXAT).add(expiresAtMs);
      return;
    }
    if (isFull(mset, 2 * MSET_KEYS_MAX)) {
      mset = append(values, Request.of(Verb.MSET));
    }
    mset.add(key).add(value);
  }

  void list(Bytes key, Bytes value, long expiresAtMs) {
    remove(key);
    Request push = null;
    for (Bytes element : ValueLayouts.parts(value)) {
      if (isFull(push, MEMBERS_MAX)) {
        push = append(values, Request.of(Verb.RPUSH, key));
      }
      push.add(element);
    }
    if (expiresAtMs != 0) {
      expire(key, expiresAtMs);
    }
  }

  /** Removed first, so that a payload that the target cannot read leaves nothing older behind. */
  void opaque(Bytes key, Bytes payload, long expiresAtMs) {
    remove(key);
    Request restore = append(values, Request.of(Verb.RESTORE, key)).add(expiresAtMs).add(payload);
    restore.add(REPLACE);
    if (expiresAtMs != 0) {
      restore.add(ABSTTL);
    }
  }

  void field(Bytes key, DataType type, Bytes field, Bytes value) {
    if (type == DataType.STREAM) {
      Request add = append(values, Request.of(Verb.XADD, key)).add(ValueLayouts.streamId(field));
      ValueLayouts.parts(value).forEach(add::add);
      return;
    }
    Request adding = adding(key, type);
    switch (type) {
      case HASH -> adding.add(field).add(value);
      case SET -> adding.add(field);
      case ZSET -> adding.add(ValueLayouts.score(value)).add(field);
      default -> throw new IllegalArgumentException("a " + type + " has no fields: " + key);
    }
  }

  private Request adding(Bytes key, DataType type) {
    Request open = key.equals(lastKey) ? lastAdding : adding.get(key);
    if (isFull(open, type == DataType.SET ? MEMBERS_MAX : 2 * MEMBERS_MAX)) {
      open =
          append(
              values,
              Request.of(
                  switch (type) {
                    case HASH -> Verb.HSET;
                    case SET -> Verb.SADD;
                    case ZSET -> Verb.ZADD;
                    default -> throw new IllegalArgumentException(type + " has no fields: " + key);
                  },
                  key));
      adding.put(key, open);
    }
    lastKey = key;
    lastAdding = open;
    return open;
  }

  void deleteFields(Bytes key, DataType type, Iterable<Bytes> fields) {
    Request delete = null;
    for (Bytes field : fields) {
      if (isFull(delete, MEMBERS_MAX)) {
        delete =
            append(
                endings,
                Request.of(
                    switch (type) {
                      case HASH -> Verb.HDEL;
                      case SET -> Verb.SREM;
                      case ZSET -> Verb.ZREM;
                      case STREAM -> Verb.XDEL;
                      default ->
                          throw new IllegalArgumentException(type + " has no fields: " + key);
                    },
                    key));
      }
      if (type == DataType.STREAM) {
        delete.add(ValueLayouts.streamId(field));
      } else {
        delete.add(field);
      }
    }
  }

  /** Sets the expiry; 0 takes it away. */
  void expire(Bytes key, long expiresAtMs) {
    if (expiresAtMs == 0) {
      append(endings, Request.of(Verb.PERSIST, key));
    } else {
      append(endings, Request.of(Verb.PEXPIREAT, key)).add(expiresAtMs);
    }
  }

  void rename(Bytes from, Bytes to) {
    append(endings, Request.of(Verb.RENAME, from)).add(to);
  }

  /** Any other command, after the values and fields of this section. */
  void ending(Request request) {
    append(endings, request);
  }

  /** What follows comes after everything so far. */
  void barrier() {
    written.addAll(removals);
    written.addAll(values);
    written.addAll(endings);
    removals.clear();
    values.clear();
    endings.clear();
    adding.clear();
    lastKey = null;
    lastAdding = null;
    unlink = null;
    mset = null;
    forget = null;
  }

  /** All commands, in order; ends the writer. */
  List<Request> finish() {
    barrier();
    return written;
  }

  private static boolean isFull(Request request, int argumentsMax) {
    return request == null
        || request.count() >= argumentsMax
        || request.sizeBytes() >= COMMAND_BYTES_MAX;
  }

  private static Request append(List<Request> part, Request request) {
    part.add(request);
    return request;
  }
}
