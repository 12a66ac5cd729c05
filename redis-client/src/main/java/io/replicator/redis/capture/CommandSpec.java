package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known about a command by its name.
 *
 * @param name in upper case
 * @param effect what it does to the keys that it names
 * @param keys which arguments those are
 * @param handler executes it where {@code effect} calls for that, otherwise null
 * @param notCaptured kind under which a command without effect on the data is counted, null where
 *     it need not be
 */
record CommandSpec(Bytes name, Effect effect, Keys keys, Handler handler, String notCaptured) {

  /** What a command does, as far as the dispatch needs to know. */
  enum Effect {
    /** Does nothing to the data. */
    NONE,
    /** Gives its one key a value that does not depend on the one before. */
    OVERWRITE,
    /** Makes its one key longer, whatever it was. */
    GROW,
    /** Anything else that depends on what is stored. */
    RELATIVE,
    /** Its keys are deleted, each for itself. */
    DELETE,
    /** Its keys, each followed by a value, are strings from now on, each for itself. */
    SET_EACH,
    /** Is not executed here: its keys are read again from the source. */
    READ_AGAIN,
    SELECT,
    MOVE,
    COPY,
    SWAP_DATABASES,
    FLUSH_DATABASE,
    FLUSH_ALL,
    RESTORE,
    MULTI,
    EXEC,
    ACKNOWLEDGE
  }

  /** Whether the command may change a database that is not selected. */
  boolean crossesDatabases() {
    return switch (effect) {
      case MOVE, COPY, SWAP_DATABASES, FLUSH_ALL -> true;
      default -> false;
    };
  }

  /** Executes a command on the selected database, all of whose keys can be built on. */
  @FunctionalInterface
  interface Handler {
    void apply(CapturedDatabase db, Bytes[] args);
  }

  /** Which arguments of a command are keys. */
  @FunctionalInterface
  interface Keys {
    Keys NONE = args -> List.of();
    Keys FIRST = args -> range(args, 1, 1, 1);
    Keys FIRST_TWO = args -> range(args, 1, 2, 1);
    Keys ALL = args -> range(args, 1, args.length - 1, 1);
    Keys ALL_BUT_FIRST = args -> range(args, 2, args.length - 1, 1);
    Keys ALL_BUT_LAST = args -> range(args, 1, args.length - 2, 1);
    Keys EVERY_OTHER = args -> range(args, 1, args.length - 1, 2);

    /** {@code COMMAND numkeys key …} */
    Keys COUNTED_AT_1 = args -> counted(args, 1);

    /** {@code COMMAND target|timeout|script numkeys key …} */
    Keys COUNTED_AT_2 = args -> counted(args, 2);

    /** {@code COMMAND target numkeys key …} */
    Keys FIRST_AND_COUNTED =
        args -> {
          List<Bytes> keys = counted(args, 2);
          keys.addAll(FIRST.of(args));
          return keys;
        };

    /** The target of {@code … STORE target} or {@code … STOREDIST target}. */
    Keys STORE_TARGET =
        args -> {
          List<Bytes> keys = new ArrayList<>();
          for (int i = 2; i + 1 < args.length; i++) {
            if (Arguments.is(args[i], "STORE") || Arguments.is(args[i], "STOREDIST")) {
              keys.add(args[i + 1]);
            }
          }
          return keys;
        };

    List<Bytes> of(Bytes[] args);

    private static List<Bytes> range(Bytes[] args, int from, int to, int step) {
      List<Bytes> keys = new ArrayList<>();
      for (int i = from; i <= to && i < args.length; i += step) {
        keys.add(args[i]);
      }
      return keys;
    }

    private static List<Bytes> counted(Bytes[] args, int at) {
      return at < args.length
          ? range(args, at + 1, at + Arguments.smallNumber(args[at]), 1)
          : new ArrayList<>();
    }
  }
}
