package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter.KeyState;
import java.util.ArrayList;
import java.util.List;

/** Commands on streams, as a replica executes them; the source has made ids and limits exact. */
final class StreamCommands {
  private StreamCommands() {}

  /** XADD key [NOMKSTREAM] [MAXLEN|MINID [=] threshold [LIMIT n]] id name value …. */
  static void add(CapturedDatabase db, Bytes[] args) {
    Bytes key = args[1];
    db.key(key, DataType.STREAM);
    int i = 2;
    int trimAt = -1;
    for (; i < args.length; i++) {
      if (isTrim(args[i])) {
        trimAt = i;
        i += thresholdOffset(args, i);
      } else if (Arguments.is(args[i], "LIMIT")) {
        i++;
      } else if (!Arguments.is(args[i], "NOMKSTREAM")) {
        break;
      }
    }
    Bytes id = StreamIds.parse(Arguments.at(args, i), 0);
    var entry = new ListValue();
    for (int at = i + 1; at < args.length; at++) {
      entry.add(args[at]);
    }
    db.putField(key, DataType.STREAM, id, entry.value());
    db.entryAdded(key, id);
    if (trimAt >= 0) {
      trim(db, key, args, trimAt);
    }
  }

  static void delete(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.STREAM);
    List<Bytes> ids = new ArrayList<>();
    for (int i = 2; i < args.length; i++) {
      ids.add(StreamIds.parse(args[i], 0));
    }
    db.removeFields(args[1], DataType.STREAM, ids);
  }

  /** XTRIM key MAXLEN|MINID [=] threshold. */
  static void trim(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.STREAM);
    if (!isTrim(Arguments.at(args, 2))) {
      throw new InconsistentCommandException("a way of trimming that is unknown");
    }
    trim(db, args[1], args, 2);
  }

  private static boolean isTrim(Bytes arg) {
    return Arguments.is(arg, "MAXLEN") || Arguments.is(arg, "MINID");
  }

  private static int thresholdOffset(Bytes[] args, int trimAt) {
    Bytes next = Arguments.at(args, trimAt + 1);
    if (next.length() == 1 && next.at(0) == '~') {
      throw new InconsistentCommandException("an approximate limit");
    }
    return next.length() == 1 && next.at(0) == '=' ? 2 : 1;
  }

  private static void trim(CapturedDatabase db, Bytes key, Bytes[] args, int trimAt) {
    Bytes threshold = Arguments.at(args, trimAt + thresholdOffset(args, trimAt));
    KeyState state = db.existing(key, DataType.STREAM);
    List<Bytes> removed = new ArrayList<>();
    if (Arguments.is(args[trimAt], "MAXLEN")) {
      long surplus = state.fields() - Arguments.number(threshold);
      if (surplus > 0) {
        db.keys()
            .forEachField(
                key,
                db.firstEntry(key),
                (id, entry) -> {
                  removed.add(id);
                  return removed.size() < surplus;
                });
      }
    } else {
      Bytes minId = StreamIds.parse(threshold, 0);
      db.keys()
          .forEachField(
              key,
              db.firstEntry(key),
              (id, entry) -> {
                boolean older = id.compareTo(minId) < 0;
                if (older) {
                  removed.add(id);
                }
                return older;
              });
    }
    if (!removed.isEmpty()) {
      db.beginsAt(key, removed.get(removed.size() - 1));
      db.removeFields(key, DataType.STREAM, removed);
    }
  }
}
