package io.replicator.redis.capture;

import io.replicator.redis.capture.CommandSpec.Effect;
import io.replicator.redis.capture.CommandSpec.Handler;
import io.replicator.redis.capture.CommandSpec.Keys;
import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Every command of Redis 7 that a master can send to its replicas, found by its name in any case
 * without allocating anything. Immutable.
 */
final class CommandTable {
  private static final String GROUPS = "stream consumer groups";
  private static final String FUNCTIONS = "functions";
  private static final String FIELD_EXPIRY = "expiry of hash fields";

  // Open addressing over the upper-cased name; a power of two, at most half full.
  private final CommandSpec[] slots;

  private CommandTable(List<CommandSpec> specs) {
    slots = new CommandSpec[Math.max(2, Integer.highestOneBit(specs.size()) * 4)];
    for (CommandSpec spec : specs) {
      int i = hash(spec.name()) & (slots.length - 1);
      while (slots[i] != null) {
        if (slots[i].name().equals(spec.name())) {
          throw new IllegalArgumentException("two specifications of " + spec.name());
        }
        i = (i + 1) & (slots.length - 1);
      }
      slots[i] = spec;
    }
  }

  static CommandTable ofRedis() {
    return without(Set.of());
  }

  /** The table of a product that does not know {@code names}, as it does not know modules'. */
  static CommandTable without(Set<String> names) {
    var specs = new ArrayList<CommandSpec>();
    addConnection(specs);
    addStrings(specs);
    addHashes(specs);
    addLists(specs);
    addSets(specs);
    addSortedSets(specs);
    addStreams(specs);
    addKeys(specs);
    specs.removeIf(spec -> names.contains(spec.name().asUtf8()));
    return new CommandTable(specs);
  }

  /** What is known about the command {@code name}, null where it is unknown. */
  CommandSpec find(Bytes name) {
    for (int i = hash(name) & (slots.length - 1);
        slots[i] != null;
        i = (i + 1) & (slots.length - 1)) {
      if (isName(slots[i].name(), name)) {
        return slots[i];
      }
    }
    return null;
  }

  private static boolean isName(Bytes upperCase, Bytes name) {
    if (upperCase.length() != name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if (upperCase.at(i) != Arguments.upper(name.at(i))) {
        return false;
      }
    }
    return true;
  }

  private static int hash(Bytes name) {
    int hash = name.length();
    for (int i = 0; i < name.length(); i++) {
      hash = 31 * hash + Arguments.upper(name.at(i));
    }
    return hash ^ hash >>> 15;
  }

  private static void addConnection(List<CommandSpec> specs) {
    add(specs, "SELECT", Effect.SELECT);
    add(specs, "MULTI", Effect.MULTI);
    add(specs, "EXEC", Effect.EXEC);
    add(specs, "REPLCONF", Effect.ACKNOWLEDGE);
    add(specs, "SWAPDB", Effect.SWAP_DATABASES);
    add(specs, "FLUSHDB", Effect.FLUSH_DATABASE);
    add(specs, "FLUSHALL", Effect.FLUSH_ALL);
    for (String name : List.of("PING", "SCRIPT", "PUBLISH", "SPUBLISH", "OPINFO", "PFSELFTEST")) {
      add(specs, name, Effect.NONE);
    }
    notCaptured(specs, FUNCTIONS, "FUNCTION");
    readAgain(specs, Keys.COUNTED_AT_2, "EVAL", "EVALSHA", "FCALL");
  }

  private static void addStrings(List<CommandSpec> specs) {
    overwrite(specs, "SET", StringCommands::set);
    overwrite(specs, "SETNX", StringCommands::setPlain);
    overwrite(specs, "GETSET", StringCommands::setPlain);
    overwrite(specs, "SETEX", StringCommands::setWithSeconds);
    overwrite(specs, "PSETEX", StringCommands::setWithMilliseconds);
    specs.add(spec("MSET", Effect.SET_EACH, Keys.EVERY_OTHER, StringCommands::setPlain));
    specs.add(spec("MSETNX", Effect.SET_EACH, Keys.EVERY_OTHER, StringCommands::setPlain));
    specs.add(spec("GETDEL", Effect.DELETE, Keys.FIRST, null));
    relative(specs, "GETEX", StringCommands::getAndExpire);
    grow(specs, "APPEND", StringCommands::append);
    grow(specs, "SETRANGE", StringCommands::setRange);
    grow(specs, "SETBIT", StringCommands::setBit);
    relative(specs, "INCR", StringCommands::increment);
    relative(specs, "DECR", StringCommands::decrement);
    relative(specs, "INCRBY", StringCommands::incrementBy);
    relative(specs, "DECRBY", StringCommands::decrementBy);
    relative(specs, "BITOP", Keys.ALL_BUT_FIRST, StringCommands::bitOperation);
    readAgain(specs, Keys.FIRST, "INCRBYFLOAT", "BITFIELD", "PFADD");
    readAgain(specs, Keys.ALL, "PFMERGE", "PFCOUNT");
    readAgain(specs, Keys.ALL_BUT_FIRST, "PFDEBUG");
  }

  private static void addHashes(List<CommandSpec> specs) {
    relative(specs, "HSET", HashCommands::set);
    relative(specs, "HMSET", HashCommands::set);
    relative(specs, "HSETNX", HashCommands::set);
    relative(specs, "HDEL", HashCommands::delete);
    relative(specs, "HINCRBY", HashCommands::incrementBy);
    readAgain(specs, Keys.FIRST, "HINCRBYFLOAT", "HGETDEL", "HSETEX", "HGETEX");
    notCaptured(specs, FIELD_EXPIRY, "HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HPERSIST");
  }

  private static void addLists(List<CommandSpec> specs) {
    grow(specs, "RPUSH", ListCommands::pushRight);
    grow(specs, "LPUSH", ListCommands::pushLeft);
    grow(specs, "RPUSHX", ListCommands::pushRightExisting);
    grow(specs, "LPUSHX", ListCommands::pushLeftExisting);
    relative(specs, "LPOP", ListCommands::popLeft);
    relative(specs, "RPOP", ListCommands::popRight);
    grow(specs, "LINSERT", ListCommands::insert);
    relative(specs, "LSET", ListCommands::set);
    relative(specs, "LREM", ListCommands::remove);
    relative(specs, "LTRIM", ListCommands::trim);
    relative(specs, "RPOPLPUSH", Keys.FIRST_TWO, ListCommands::popRightPushLeft);
    relative(specs, "BRPOPLPUSH", Keys.FIRST_TWO, ListCommands::popRightPushLeft);
    relative(specs, "LMOVE", Keys.FIRST_TWO, ListCommands::move);
    relative(specs, "BLMOVE", Keys.FIRST_TWO, ListCommands::move);
    readAgain(specs, Keys.ALL_BUT_LAST, "BLPOP", "BRPOP");
    readAgain(specs, Keys.COUNTED_AT_1, "LMPOP");
    readAgain(specs, Keys.COUNTED_AT_2, "BLMPOP");
  }

  private static void addSets(List<CommandSpec> specs) {
    relative(specs, "SADD", SetCommands::add);
    relative(specs, "SREM", SetCommands::remove);
    relative(specs, "SMOVE", Keys.FIRST_TWO, SetCommands::move);
    relative(specs, "SUNIONSTORE", Keys.ALL, SetCommands::unionStore);
    relative(specs, "SINTERSTORE", Keys.ALL, SetCommands::intersectionStore);
    relative(specs, "SDIFFSTORE", Keys.ALL, SetCommands::differenceStore);
    readAgain(specs, Keys.FIRST, "SPOP");
  }

  private static void addSortedSets(List<CommandSpec> specs) {
    relative(specs, "ZADD", SortedSetCommands::add);
    relative(specs, "ZINCRBY", SortedSetCommands::incrementBy);
    relative(specs, "ZREM", SortedSetCommands::remove);
    relative(specs, "ZREMRANGEBYRANK", SortedSetCommands::removeByRank);
    relative(specs, "ZREMRANGEBYSCORE", SortedSetCommands::removeByScore);
    relative(specs, "ZREMRANGEBYLEX", SortedSetCommands::removeByLex);
    relative(specs, "ZPOPMIN", SortedSetCommands::popMin);
    relative(specs, "ZPOPMAX", SortedSetCommands::popMax);
    relative(specs, "ZRANGESTORE", Keys.FIRST_TWO, SortedSetCommands::rangeStore);
    relative(specs, "ZUNIONSTORE", Keys.FIRST_AND_COUNTED, SortedSetCommands::unionStore);
    relative(specs, "ZINTERSTORE", Keys.FIRST_AND_COUNTED, SortedSetCommands::intersectionStore);
    relative(specs, "ZDIFFSTORE", Keys.FIRST_AND_COUNTED, SortedSetCommands::differenceStore);
    readAgain(specs, Keys.ALL_BUT_LAST, "BZPOPMIN", "BZPOPMAX");
    readAgain(specs, Keys.COUNTED_AT_1, "ZMPOP");
    readAgain(specs, Keys.COUNTED_AT_2, "BZMPOP");
    readAgain(specs, Keys.FIRST, "GEOADD", "GEOSEARCHSTORE");
    readAgain(specs, Keys.STORE_TARGET, "GEORADIUS", "GEORADIUSBYMEMBER");
  }

  private static void addStreams(List<CommandSpec> specs) {
    relative(specs, "XADD", StreamCommands::add);
    relative(specs, "XDEL", StreamCommands::delete);
    relative(specs, "XTRIM", StreamCommands::trim);
    notCaptured(specs, "last id of streams", "XSETID");
    notCaptured(specs, GROUPS, "XGROUP", "XACK", "XCLAIM", "XAUTOCLAIM", "XREADGROUP");
  }

  private static void addKeys(List<CommandSpec> specs) {
    specs.add(spec("DEL", Effect.DELETE, Keys.ALL, null));
    specs.add(spec("UNLINK", Effect.DELETE, Keys.ALL, null));
    relative(specs, "EXPIRE", KeyCommands::expireInSeconds);
    relative(specs, "PEXPIRE", KeyCommands::expireInMilliseconds);
    relative(specs, "EXPIREAT", KeyCommands::expireAtSeconds);
    relative(specs, "PEXPIREAT", KeyCommands::expireAtMilliseconds);
    relative(specs, "PERSIST", KeyCommands::persist);
    relative(specs, "RENAME", Keys.FIRST_TWO, KeyCommands::rename);
    relative(specs, "RENAMENX", Keys.FIRST_TWO, KeyCommands::rename);
    specs.add(spec("COPY", Effect.COPY, Keys.FIRST_TWO, null));
    specs.add(spec("MOVE", Effect.MOVE, Keys.FIRST, null));
    specs.add(spec("RESTORE", Effect.RESTORE, Keys.FIRST, null));
    specs.add(spec("RESTORE-ASKING", Effect.RESTORE, Keys.FIRST, null));
    readAgain(specs, Keys.STORE_TARGET, "SORT");
  }

  private static CommandSpec spec(String name, Effect effect, Keys keys, Handler handler) {
    return new CommandSpec(Bytes.utf8(name), effect, keys, handler, null);
  }

  private static void add(List<CommandSpec> specs, String name, Effect effect) {
    specs.add(spec(name, effect, Keys.NONE, null));
  }

  private static void overwrite(List<CommandSpec> specs, String name, Handler handler) {
    specs.add(spec(name, Effect.OVERWRITE, Keys.FIRST, handler));
  }

  private static void grow(List<CommandSpec> specs, String name, Handler handler) {
    specs.add(spec(name, Effect.GROW, Keys.FIRST, handler));
  }

  private static void relative(List<CommandSpec> specs, String name, Handler handler) {
    relative(specs, name, Keys.FIRST, handler);
  }

  private static void relative(List<CommandSpec> specs, String name, Keys keys, Handler handler) {
    specs.add(spec(name, Effect.RELATIVE, keys, handler));
  }

  private static void readAgain(List<CommandSpec> specs, Keys keys, String... names) {
    for (String name : names) {
      specs.add(spec(name, Effect.READ_AGAIN, keys, null));
    }
  }

  private static void notCaptured(List<CommandSpec> specs, String kind, String... names) {
    for (String name : names) {
      specs.add(new CommandSpec(Bytes.utf8(name), Effect.NONE, Keys.NONE, null, kind));
    }
  }
}
