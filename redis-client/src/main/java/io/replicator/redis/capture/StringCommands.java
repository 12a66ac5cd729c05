package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter.KeyState;

/** Commands on strings, as a replica executes them. */
final class StringCommands {
  private StringCommands() {}

  /** SET key value [NX|XX] [GET] [EX|PX|EXAT|PXAT time | KEEPTTL]: conditions were met. */
  static void set(CapturedDatabase db, Bytes[] args) {
    Bytes key = args[1];
    long expiresAtMs = 0;
    for (int i = 3; i < args.length; i++) {
      if (Arguments.is(args[i], "KEEPTTL")) {
        KeyState state = db.key(key);
        expiresAtMs = state == null ? 0 : state.expiresAtMs();
      } else if (KeyCommands.isExpiry(args[i])) {
        expiresAtMs = KeyCommands.expiry(args[i], Arguments.at(args, i + 1));
        i++;
      }
    }
    put(db, key, args[2], expiresAtMs);
  }

  /** GETSET key value, SETNX key value. */
  static void setPlain(CapturedDatabase db, Bytes[] args) {
    put(db, args[1], args[2], 0);
  }

  static void setWithSeconds(CapturedDatabase db, Bytes[] args) {
    put(db, args[1], args[3], KeyCommands.inSeconds(Arguments.number(args[2])));
  }

  static void setWithMilliseconds(CapturedDatabase db, Bytes[] args) {
    put(db, args[1], args[3], KeyCommands.inMilliseconds(Arguments.number(args[2])));
  }

  /** GETEX key [EX|PX|EXAT|PXAT time | PERSIST]. */
  static void getAndExpire(CapturedDatabase db, Bytes[] args) {
    if (args.length == 3 && Arguments.is(args[2], "PERSIST")) {
      db.keys().expire(args[1], 0);
    } else if (args.length == 4) {
      KeyCommands.expireAt(db, args[1], KeyCommands.expiry(args[2], args[3]));
    }
  }

  static void append(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.key(args[1], DataType.STRING);
    if (state == null) {
      put(db, args[1], args[2], 0);
      return;
    }
    byte[] longer =
        grown(db, args[1], state.value(), (long) state.value().length() + args[2].length());
    args[2].copyTo(longer, state.value().length());
    put(db, args[1], Bytes.wrap(longer), state.expiresAtMs());
  }

  static void setRange(CapturedDatabase db, Bytes[] args) {
    if (args[3].isEmpty()) {
      return;
    }
    long offset = Arguments.number(args[2]);
    KeyState state = db.key(args[1], DataType.STRING);
    byte[] changed = grown(db, args[1], valueOf(state), offset + args[3].length());
    args[3].copyTo(changed, (int) offset);
    put(db, args[1], Bytes.wrap(changed), expiryOf(state));
  }

  static void setBit(CapturedDatabase db, Bytes[] args) {
    long bit = Arguments.number(args[2]);
    KeyState state = db.key(args[1], DataType.STRING);
    byte[] changed = grown(db, args[1], valueOf(state), (bit >>> 3) + 1);
    int at = (int) (bit >>> 3);
    int mask = 0x80 >>> (bit & 7);
    changed[at] =
        (byte) (Arguments.number(args[3]) == 0 ? changed[at] & ~mask : changed[at] | mask);
    put(db, args[1], Bytes.wrap(changed), expiryOf(state));
  }

  static void increment(CapturedDatabase db, Bytes[] args) {
    add(db, args[1], 1);
  }

  static void decrement(CapturedDatabase db, Bytes[] args) {
    add(db, args[1], -1);
  }

  static void incrementBy(CapturedDatabase db, Bytes[] args) {
    add(db, args[1], Arguments.number(args[2]));
  }

  static void decrementBy(CapturedDatabase db, Bytes[] args) {
    add(db, args[1], Math.negateExact(Arguments.number(args[2])));
  }

  /** BITOP AND|OR|XOR|NOT target key …. */
  static void bitOperation(CapturedDatabase db, Bytes[] args) {
    Bytes[] values = new Bytes[args.length - 3];
    int longest = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = valueOf(db.key(args[3 + i], DataType.STRING));
      longest = Math.max(longest, values[i].length());
    }
    if (longest == 0) {
      db.keys().delete(args[2]);
      return;
    }
    byte[] result = new byte[longest];
    char operation = (char) Arguments.upper(args[1].at(0));
    if (args[1].length() != (operation == 'O' ? 2 : 3)) {
      // DIFF, DIFF1, ANDOR and ONE of later servers.
      throw new InconsistentCommandException("an operation that is unknown");
    }
    for (int at = 0; at < longest; at++) {
      int bits = byteAt(values[0], at);
      for (int i = 1; i < values.length; i++) {
        int other = byteAt(values[i], at);
        bits = operation == 'A' ? bits & other : operation == 'O' ? bits | other : bits ^ other;
      }
      result[at] = (byte) (operation == 'N' ? ~bits : bits);
    }
    put(db, args[2], Bytes.wrap(result), 0);
  }

  private static int byteAt(Bytes value, int at) {
    return at < value.length() ? value.at(at) : 0;
  }

  private static void add(CapturedDatabase db, Bytes key, long increment) {
    KeyState state = db.key(key, DataType.STRING);
    long before = state == null ? 0 : Arguments.number(state.value());
    put(db, key, PackedElements.text(Arguments.add(before, increment)), expiryOf(state));
  }

  private static void put(CapturedDatabase db, Bytes key, Bytes value, long expiresAtMs) {
    db.putValue(key, DataType.STRING, value, expiresAtMs);
  }

  private static Bytes valueOf(KeyState state) {
    return state == null ? Bytes.EMPTY : state.value();
  }

  private static long expiryOf(KeyState state) {
    return state == null ? 0 : state.expiresAtMs();
  }

  /** A copy of {@code value}, at least {@code length} long. */
  private static byte[] grown(CapturedDatabase db, Bytes key, Bytes value, long length) {
    if (length > db.valueBytesMax()) {
      throw new OversizeValueException(key, length);
    }
    byte[] copy = new byte[(int) Math.max(length, value.length())];
    value.copyTo(copy, 0);
    return copy;
  }
}
