package io.replicator.redis.capture;

import io.replicator.redis.capture.CommandSpec.Keys;
import io.replicator.replication.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Executes the commands of the source's stream on what is stored, as a replica would: the store
 * holds the whole state, so that what INCR or ZUNIONSTORE make of it is computed, not asked for.
 *
 * <p>The exceptions are keys that cannot be built on ({@link DivergentKeys}), and commands that are
 * not worth computing or unknown. For them one rule is enough: whatever such a command names is
 * read again from the source before the next flush, and until the stream has passed the offset at
 * which it was read, commands on it are passed over. Reading a key again is always right, if never
 * cheap.
 *
 * <p>Keys of the product itself and databases that are not captured are outside: a command between
 * outside and inside makes the keys inside be read again.
 *
 * <p>Does not know transactions: its caller ends commits. Confined to the capturing thread.
 */
final class CommandInterpreter {
  /** Exchanges all keys of two databases. */
  @FunctionalInterface
  interface Exchange {
    void exchange(CapturedDatabase one, CapturedDatabase other) throws IOException;
  }

  private static final Bytes OWN_PREFIX = Bytes.utf8(RedisCaptureSettings.OWN_KEY_PREFIX);

  private final Map<Integer, CapturedDatabase> databases;
  private final DivergentKeys divergent;
  private final Unsupported unsupported;
  private final KeyWriter keyWriter;
  private final Exchange exchange;
  private int selected;
  // Null where the selected one is not captured.
  private CapturedDatabase database;
  // End of the command being executed.
  private long offset;

  CommandInterpreter(
      Map<Integer, CapturedDatabase> databases,
      DivergentKeys divergent,
      Unsupported unsupported,
      Exchange exchange) {
    this.databases = databases;
    this.divergent = divergent;
    this.unsupported = unsupported;
    this.keyWriter = new KeyWriter(unsupported);
    this.exchange = exchange;
    select(0);
  }

  int selected() {
    return selected;
  }

  void select(int number) {
    selected = number;
    database = databases.get(number);
  }

  /** Whether commands concern a database that is captured. */
  boolean selectedIsCaptured() {
    return database != null;
  }

  static boolean isOwn(Bytes key) {
    return key.startsWith(OWN_PREFIX);
  }

  /** A command that the table does not have; the source told {@code keys} of it. */
  void executeUnknown(Command command, List<Bytes> keys) {
    offset = command.endOffset();
    if (database != null) {
      keys.forEach(key -> readAgain(database, key));
    }
  }

  /**
   * @throws ResyncRequiredException where only a snapshot tells what the command did
   */
  void execute(Command command, CommandSpec spec) throws IOException {
    offset = command.endOffset();
    Bytes[] args = command.args();
    switch (spec.effect()) {
      case NONE -> {
        if (spec.notCaptured() != null && database != null) {
          unsupported.count(spec.notCaptured(), command.toString());
        }
      }
      case SELECT -> select(Arguments.smallNumber(Arguments.at(args, 1)));
      case FLUSH_ALL -> databases.values().forEach(this::flush);
      case SWAP_DATABASES ->
          swap(
              Arguments.smallNumber(Arguments.at(args, 1)),
              Arguments.smallNumber(Arguments.at(args, 2)));
      case MOVE -> {
        int target = Arguments.smallNumber(Arguments.at(args, 2));
        transfer(args[1], databases.get(target), args[1], true);
      }
      case COPY -> copy(args);
      default -> {
        if (database != null) {
          executeSelected(command, spec);
        }
      }
    }
  }

  private void executeSelected(Command command, CommandSpec spec) {
    Bytes[] args = command.args();
    if (command.oversizeBytes() > 0) {
      executeOversize(command, spec);
      return;
    }
    switch (spec.effect()) {
      case FLUSH_DATABASE -> flush(database);
      case DELETE -> {
        int keys = spec.keys() == Keys.FIRST ? 2 : args.length;
        for (int i = 1; i < keys; i++) {
          delete(database, args[i]);
        }
      }
      case SET_EACH -> {
        for (int i = 1; i + 1 < args.length; i += 2) {
          executeOnOne(spec, new Bytes[] {args[0], args[i], args[i + 1]}, true, false);
        }
      }
      case READ_AGAIN -> readAgain(spec.keys().of(args));
      case RESTORE -> restore(args);
      case OVERWRITE -> executeOnOne(spec, args, !keepsExpiry(args), false);
      case GROW -> executeOnOne(spec, args, false, true);
      case RELATIVE -> {
        if (spec.keys() == Keys.FIRST) {
          executeOnOne(spec, args, false, false);
        } else {
          executeOnMany(spec, args);
        }
      }
      default -> throw new IllegalStateException(spec + " is not executed on a database");
    }
  }

  private void executeOnOne(CommandSpec spec, Bytes[] args, boolean overwrites, boolean grows) {
    Bytes key = Arguments.at(args, 1);
    if (isOwn(key)) {
      countOwn(key);
      return;
    }
    if (!divergent.none()) {
      if (divergent.covers(selected, key, offset)) {
        return;
      }
      if (overwrites) {
        divergent.release(selected, key);
      } else if (divergent.isWithheld(selected, key)) {
        // What is too large stays so when it grows. Of a stream without entries nobody knows.
        if (!grows) {
          readAgain(database, key);
        }
        return;
      } else if (divergent.withheldOverflow() && database.key(key) == null) {
        readAgain(database, key);
        return;
      }
    }
    apply(spec, args);
  }

  private void executeOnMany(CommandSpec spec, Bytes[] args) {
    List<Bytes> keys = spec.keys().of(args);
    for (Bytes key : keys) {
      if (isOutside(key) || isDivergent(database, key)) {
        readAgain(keys);
        return;
      }
    }
    apply(spec, args);
  }

  private void apply(CommandSpec spec, Bytes[] args) {
    try {
      spec.handler().apply(database, args);
    } catch (InconsistentCommandException | IndexOutOfBoundsException e) {
      // Out of bounds: fewer arguments than the command has. The source took it; we do not know
      // how.
      unsupported.count(
          "command that did not fit the stored state",
          spec.name() + " on key " + Arguments.at(args, 1) + " met " + e.getMessage());
      readAgain(spec.keys().of(args));
    } catch (OversizeValueException e) {
      database.withhold(e.key(), e.bytes());
    }
  }

  // The argument over the limit is not there. Where it is the value of one key, that is withheld;
  // else the source tells what became of the keys, but for one that was too large itself.
  private void executeOversize(Command command, CommandSpec spec) {
    Bytes[] args = command.args();
    boolean oneKey = spec.keys() == Keys.FIRST && !args[1].isEmpty();
    boolean ofValue =
        spec.effect() == CommandSpec.Effect.OVERWRITE || spec.effect() == CommandSpec.Effect.GROW;
    if (oneKey && ofValue && !isOwn(args[1])) {
      if (!divergent.covers(selected, args[1], offset)) {
        database.withhold(args[1], command.oversizeBytes());
      }
      return;
    }
    unsupported.count("argument over the limit", command.toString());
    readAgain(spec.keys().of(args));
  }

  private void delete(CapturedDatabase db, Bytes key) {
    if (!isOwn(key) && !divergent.covers(db.number(), key, offset)) {
      divergent.release(db.number(), key);
      db.keys().delete(key);
    }
  }

  private void flush(CapturedDatabase db) {
    db.keys().deleteAll();
    divergent.releaseAll(db.number());
    // What was read later than this flush is gone with the rest.
    divergent.markStale(db.number());
  }

  private void swap(int one, int other) throws IOException {
    CapturedDatabase a = databases.get(one);
    CapturedDatabase b = databases.get(other);
    if (one == other || (a == null && b == null)) {
      return;
    }
    if (a == null || b == null) {
      throw new ResyncRequiredException(
          "SWAPDB "
              + one
              + " "
              + other
              + " with a database that is not captured: a new snapshot is needed");
    }
    exchange.exchange(a, b);
    divergent.swapWithheld(one, other);
    for (DivergentKeys.DatabaseKey key : divergent.staleOrAhead()) {
      if (key.database() == one || key.database() == other) {
        divergent.markStale(one, key.key());
        divergent.markStale(other, key.key());
      }
    }
  }

  /** COPY source target [DB number] [REPLACE]. */
  private void copy(Bytes[] args) {
    int target = selected;
    for (int i = 3; i < args.length; i++) {
      if (Arguments.is(args[i], "DB")) {
        target = Arguments.smallNumber(Arguments.at(args, i + 1));
        i++;
      }
    }
    transfer(args[1], databases.get(target), Arguments.at(args, 2), false);
  }

  // From the selected database, captured or not, to another one, captured or not, or to itself.
  private void transfer(Bytes key, CapturedDatabase target, Bytes targetKey, boolean move) {
    CapturedDatabase source = isOutside(key) ? null : database;
    CapturedDatabase inside = target == null || isOwn(targetKey) ? null : target;
    if (source == null || isDivergent(source, key) || inside == null) {
      if (inside != null) {
        readAgain(inside, targetKey);
      }
      if (source != null && move) {
        delete(source, key);
      }
      return;
    }
    if (isDivergent(inside, targetKey)) {
      readAgain(inside, targetKey);
    } else {
      try {
        source.copyTo(key, inside, targetKey);
      } catch (InconsistentCommandException e) {
        readAgain(inside, targetKey);
      }
    }
    if (move) {
      delete(source, key);
    }
  }

  /** RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]. */
  private void restore(Bytes[] args) {
    Bytes key = Arguments.at(args, 1);
    if (isOwn(key)) {
      countOwn(key);
      return;
    }
    if (divergent.covers(selected, key, offset)) {
      return;
    }
    divergent.release(selected, key);
    try {
      long ttl = Arguments.number(args[2]);
      boolean absolute = false;
      for (int i = 4; i < args.length; i++) {
        absolute |= Arguments.is(args[i], "ABSTTL");
      }
      long expiresAtMs = ttl == 0 || absolute ? ttl : KeyCommands.inMilliseconds(ttl);
      Bytes payload = Arguments.at(args, 3);
      // A version (2 bytes) and a checksum (8) end the payload.
      ByteReader in = ByteReader.of(payload.slice(0, payload.length() - 10));
      int version = payload.at(payload.length() - 10) & 0xff;
      var values = new RdbValues(in, database.valueBytesMax(), keyWriter.into(database));
      values.read(in.read(), key, expiresAtMs, version);
    } catch (IOException | InconsistentCommandException | IndexOutOfBoundsException e) {
      unsupported.count("RESTORE that was not understood", key + ": " + e.getMessage());
      readAgain(database, key);
    }
  }

  private void readAgain(List<Bytes> keys) {
    for (Bytes key : keys) {
      readAgain(database, key);
    }
  }

  private void readAgain(CapturedDatabase db, Bytes key) {
    if (!isOwn(key) && !divergent.covers(db.number(), key, offset)) {
      divergent.markStale(db.number(), key);
    }
  }

  private boolean isOutside(Bytes key) {
    return database == null || isOwn(key);
  }

  /** Whether the key's stored state is not the one before the command being executed. */
  private boolean isDivergent(CapturedDatabase db, Bytes key) {
    if (divergent.none()) {
      return false;
    }
    return divergent.covers(db.number(), key, offset)
        || divergent.isWithheld(db.number(), key)
        || (divergent.withheldOverflow() && db.key(key) == null);
  }

  private static boolean keepsExpiry(Bytes[] args) {
    for (int i = 3; i < args.length; i++) {
      if (Arguments.is(args[i], "KEEPTTL")) {
        return true;
      }
    }
    return false;
  }

  private void countOwn(Bytes key) {
    unsupported.count("keys of the product itself", key.toString());
  }
}
