package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;

/** Commands on hashes, as a replica executes them. */
final class HashCommands {
  private HashCommands() {}

  /** HSET, HMSET, HSETNX key field value …. */
  static void set(CapturedDatabase db, Bytes[] args) {
    for (int i = 2; i + 1 < args.length; i += 2) {
      db.putField(args[1], DataType.HASH, args[i], args[i + 1]);
    }
  }

  static void delete(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.HASH);
    db.removeFields(args[1], DataType.HASH, args, 2);
  }

  static void incrementBy(CapturedDatabase db, Bytes[] args) {
    db.key(args[1], DataType.HASH);
    Bytes value = db.field(args[1], args[2]);
    long before = value == null ? 0 : Arguments.number(value);
    long after = Arguments.add(before, Arguments.number(args[3]));
    db.putField(args[1], DataType.HASH, args[2], PackedElements.text(after));
  }
}
