package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.HashMap;
import java.util.Map;

/** Commands on sets, as a replica executes them. */
final class SetCommands {
  private SetCommands() {}

  static void add(CapturedDatabase db, Bytes[] args) {
    for (int i = 2; i < args.length; i++) {
      db.putField(args[1], DataType.SET, args[i], Bytes.EMPTY);
    }
  }

  static void remove(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.SET);
    db.removeFields(args[1], DataType.SET, args, 2);
  }

  /** SMOVE source target member. */
  static void move(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.SET);
    if (args[1].equals(args[2])) {
      return;
    }
    db.removeFields(args[1], DataType.SET, args, 3);
    db.putField(args[2], DataType.SET, args[3], Bytes.EMPTY);
  }

  /** SUNIONSTORE target source …. */
  static void unionStore(CapturedDatabase db, Bytes[] args) {
    Map<Bytes, Bytes> result = new HashMap<>();
    for (int i = 2; i < args.length; i++) {
      result.putAll(members(db, args[i]));
    }
    db.replaceCollection(args[1], DataType.SET, result);
  }

  static void intersectionStore(CapturedDatabase db, Bytes[] args) {
    store(db, args, true);
  }

  static void differenceStore(CapturedDatabase db, Bytes[] args) {
    store(db, args, false);
  }

  // The members of the first source that are in every other one, or in none of them.
  private static void store(CapturedDatabase db, Bytes[] args, boolean inOthers) {
    Map<Bytes, Bytes> result = members(db, args[2]);
    for (int i = 3; i < args.length; i++) {
      Bytes other = args[i];
      db.key(other, DataType.SET);
      result.keySet().removeIf(member -> (db.field(other, member) != null) != inOthers);
    }
    db.replaceCollection(args[1], DataType.SET, result);
  }

  private static Map<Bytes, Bytes> members(CapturedDatabase db, Bytes key) {
    db.key(key, DataType.SET);
    return db.fields(key);
  }
}
