package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.store.KeyspaceWriter.KeyState;

/**
 * Commands on keys of any type within one database, as a replica executes them. Times relative to
 * now come only from sources older than Redis 7; newer ones send absolute times.
 */
final class KeyCommands {
  private KeyCommands() {}

  /** EXPIRE key seconds [condition]: the condition was met. */
  static void expireInSeconds(CapturedDatabase db, Bytes[] args) {
    expireAt(db, args[1], inSeconds(Arguments.number(args[2])));
  }

  static void expireInMilliseconds(CapturedDatabase db, Bytes[] args) {
    expireAt(db, args[1], inMilliseconds(Arguments.number(args[2])));
  }

  static void expireAtSeconds(CapturedDatabase db, Bytes[] args) {
    expireAt(db, args[1], milliseconds(Arguments.number(args[2])));
  }

  static void expireAtMilliseconds(CapturedDatabase db, Bytes[] args) {
    expireAt(db, args[1], Arguments.number(args[2]));
  }

  static void persist(CapturedDatabase db, Bytes[] args) {
    existing(db, args[1]);
    db.keys().expire(args[1], 0);
  }

  /** RENAME, RENAMENX key newkey. */
  static void rename(CapturedDatabase db, Bytes[] args) {
    existing(db, args[1]);
    if (!args[1].equals(args[2])) {
      db.copyTo(args[1], db, args[2]);
      db.keys().delete(args[1]);
    }
  }

  static void expireAt(CapturedDatabase db, Bytes key, long expiresAtMs) {
    existing(db, key);
    if (expiresAtMs <= 0) {
      db.keys().delete(key);
    } else {
      db.keys().expire(key, expiresAtMs);
    }
  }

  static boolean isExpiry(Bytes option) {
    return Arguments.is(option, "PXAT")
        || Arguments.is(option, "EX")
        || Arguments.is(option, "PX")
        || Arguments.is(option, "EXAT");
  }

  static long expiry(Bytes option, Bytes time) {
    long number = Arguments.number(time);
    if (Arguments.is(option, "PXAT")) {
      return number;
    }
    if (Arguments.is(option, "EXAT")) {
      return milliseconds(number);
    }
    return Arguments.is(option, "EX") ? inSeconds(number) : inMilliseconds(number);
  }

  static long inSeconds(long seconds) {
    return inMilliseconds(milliseconds(seconds));
  }

  static long inMilliseconds(long milliseconds) {
    return Arguments.add(System.currentTimeMillis(), milliseconds);
  }

  private static long milliseconds(long seconds) {
    try {
      return Math.multiplyExact(seconds, 1000L);
    } catch (ArithmeticException e) {
      throw new InconsistentCommandException("a time out of range");
    }
  }

  private static KeyState existing(CapturedDatabase db, Bytes key) {
    KeyState state = db.key(key);
    if (state == null) {
      throw new InconsistentCommandException("a key that is missing");
    }
    return state;
  }
}
