package io.replicator.redis.capture;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Commands at random over few keys of every type: most succeed, some meet a wrong type. */
final class RandomCommands {
  private final Random random;

  RandomCommands(long seed) {
    random = new Random(seed);
  }

  /** One command, or a transaction. */
  List<String[]> next() {
    int kind = random.nextInt(100);
    if (kind < 6) {
      List<String[]> transaction = new ArrayList<>();
      transaction.add(args("MULTI"));
      for (int i = random.nextInt(8); i >= 0; i--) {
        transaction.add(single());
      }
      transaction.add(args("EXEC"));
      return transaction;
    }
    List<String[]> alone = new ArrayList<>();
    alone.add(single());
    return alone;
  }

  private String[] single() {
    return switch (random.nextInt(20)) {
      case 0, 1, 2 -> string();
      case 3, 4 -> hash();
      case 5, 6, 7 -> list();
      case 8, 9 -> set();
      case 10, 11, 12 -> zset();
      case 13, 14 -> stream();
      case 15 -> store();
      case 16 -> readAgain();
      case 17 -> args("SELECT", String.valueOf(random.nextInt(10) == 0 ? 7 : random.nextInt(3)));
      default -> generic();
    };
  }

  private String[] string() {
    String key = key('s');
    return switch (random.nextInt(24)) {
      case 0, 1 -> args("SET", key, value());
      case 2 -> args("SET", key, number(), "EX", "100");
      case 3 -> args("SET", key, value(), "PX", ttl());
      case 4 -> args("SET", key, value(), "KEEPTTL");
      case 5 -> args("SET", key, value(), random.nextBoolean() ? "NX" : "XX", "GET");
      case 6 -> args("SETEX", key, "200", value());
      case 7 -> args("PSETEX", key, ttl(), value());
      case 8 -> args("SETNX", key, number());
      case 9 -> args("GETSET", key, value());
      case 10 -> args("GETDEL", key);
      case 11 -> args("GETEX", key, "PX", ttl());
      case 12 -> args("GETEX", key, "PERSIST");
      case 13 -> args("MSET", key, value(), key('s'), number());
      case 14 -> args("MSETNX", key, value(), key('s'), number());
      case 15 -> args("APPEND", key, value());
      case 16 -> args("SETRANGE", key, String.valueOf(random.nextInt(20)), value());
      case 17 -> args("INCR", key);
      case 18 -> args("DECRBY", key, number());
      case 19 -> args("INCRBY", key, number());
      case 20 -> args("INCRBYFLOAT", key, "1.5");
      case 21 -> args("SETBIT", key, String.valueOf(random.nextInt(100)), "" + random.nextInt(2));
      case 22 ->
          random.nextBoolean()
              ? args("BITOP", oneOf("AND", "OR", "XOR"), key('s'), key, key('s'))
              : args("BITOP", "NOT", key('s'), key);
      default -> args("DECR", key);
    };
  }

  private String[] hash() {
    String key = key('h');
    return switch (random.nextInt(8)) {
      case 0, 1 -> args("HSET", key, member(), value(), member(), number());
      case 2 -> args("HMSET", key, member(), number());
      case 3 -> args("HSETNX", key, member(), number());
      case 4 -> args("HDEL", key, member(), member());
      case 5 -> args("HINCRBYFLOAT", key, member(), "0.25");
      default -> args("HINCRBY", key, member(), number());
    };
  }

  private String[] list() {
    String key = key('l');
    return switch (random.nextInt(20)) {
      case 0, 1, 2 -> args("RPUSH", key, member(), value(), member());
      case 3, 4 -> args("LPUSH", key, member(), member());
      case 5 -> args("RPUSHX", key, member());
      case 6 -> args("LPUSHX", key, member(), value());
      case 7 -> args("LPOP", key);
      case 8 -> args("RPOP", key, String.valueOf(random.nextInt(3)));
      case 9 -> args("LPOP", key, String.valueOf(random.nextInt(4)));
      case 10 -> args("LINSERT", key, oneOf("BEFORE", "AFTER"), member(), member());
      case 11 -> args("LSET", key, index(), value());
      case 12 -> args("LREM", key, String.valueOf(random.nextInt(5) - 2), member());
      case 13 -> args("LTRIM", key, index(), index());
      case 14 -> args("RPOPLPUSH", key, key('l'));
      case 15 -> args("LMOVE", key, key('l'), oneOf("LEFT", "RIGHT"), oneOf("LEFT", "RIGHT"));
      case 16 -> args("LMPOP", "2", key, key('l'), oneOf("LEFT", "RIGHT"), "COUNT", "2");
      case 17 ->
          args("BLMOVE", key, key('l'), oneOf("LEFT", "RIGHT"), oneOf("LEFT", "RIGHT"), "0.001");
      case 18 -> args("RPOP", key);
      default -> args("BRPOPLPUSH", key, key('l'), "0.001");
    };
  }

  private String[] set() {
    String key = key('t');
    return switch (random.nextInt(7)) {
      case 0, 1, 2 -> args("SADD", key, member(), member(), number());
      case 3 -> args("SREM", key, member(), member());
      case 4 -> args("SPOP", key);
      case 5 -> args("SPOP", key, String.valueOf(random.nextInt(6)));
      default -> args("SMOVE", key, key('t'), member());
    };
  }

  private String[] zset() {
    String key = key('z');
    return switch (random.nextInt(16)) {
      case 0, 1, 2 -> args("ZADD", key, score(), member(), score(), member());
      case 3 -> args("ZADD", key, oneOf("NX", "XX"), "CH", score(), member(), score(), member());
      case 4 -> args("ZADD", key, oneOf("GT", "LT"), score(), member(), score(), member());
      case 5 -> args("ZADD", key, "XX", oneOf("GT", "LT"), score(), member());
      case 6 -> args("ZADD", key, "INCR", score(), member());
      case 7, 8 -> args("ZINCRBY", key, score(), member());
      case 9 -> args("ZREM", key, member(), member());
      case 10 -> args("ZREMRANGEBYRANK", key, index(), index());
      case 11 -> args("ZREMRANGEBYSCORE", key, oneOf("-inf", "(0", "-1"), oneOf("(3", "2", "0"));
      case 12 -> args("ZREMRANGEBYLEX", key, oneOf("-", "[a", "(m1"), oneOf("(m1", "[m3", "m"));
      case 13 -> args("ZPOPMIN", key, String.valueOf(random.nextInt(3)));
      case 14 -> args("ZPOPMAX", key);
      default -> args("ZMPOP", "2", key, key('z'), oneOf("MIN", "MAX"), "COUNT", "2");
    };
  }

  private String[] stream() {
    String key = key('x');
    String id = (1 + random.nextInt(40)) + "-" + random.nextInt(3);
    return switch (random.nextInt(11)) {
      case 0, 1 -> args("XADD", key, "*", member(), value());
      case 2 -> args("XADD", key, "MAXLEN", "5", "*", member(), value(), member(), number());
      case 3 -> args("XADD", key, "NOMKSTREAM", "MAXLEN", "~", "3", "*", member(), value());
      case 4 -> args("XADD", key, "MINID", "~", id, "LIMIT", "2", "*", member(), value());
      case 5 -> args("XADD", key, id, member(), value());
      case 6 -> args("XDEL", key, id);
      case 7 -> args("XTRIM", key, "MAXLEN", String.valueOf(random.nextInt(4)));
      case 8 -> args("XTRIM", key, "MINID", id);
      case 9 -> args("XGROUP", "CREATE", key, "g" + random.nextInt(2), "0", "MKSTREAM");
      default -> args("XREADGROUP", "GROUP", "g1", "c", "COUNT", "1", "STREAMS", key, ">");
    };
  }

  private String[] store() {
    return switch (random.nextInt(14)) {
      case 0 -> args("SUNIONSTORE", key('t'), key('t'), key('t'), key('t'));
      case 1 -> args("SINTERSTORE", key('t'), key('t'), key('t'));
      case 2 -> args("SDIFFSTORE", key('t'), key('t'), key('t'));
      case 3 -> args("ZUNIONSTORE", key('z'), "2", key('z'), key('t'), "WEIGHTS", "2", "-1.5");
      case 4 -> args("ZUNIONSTORE", key('z'), "3", key('z'), key('z'), key('z'));
      case 5 -> args("ZINTERSTORE", key('z'), "2", key('z'), key('z'), "AGGREGATE", "MAX");
      case 6 -> args("ZINTERSTORE", key('z'), "2", key('z'), key('t'), "AGGREGATE", "MIN");
      case 7 -> args("ZDIFFSTORE", key('z'), "2", key('z'), key('z'));
      case 8 -> args("ZRANGESTORE", key('z'), key('z'), index(), index());
      case 9 -> args("ZRANGESTORE", key('z'), key('z'), index(), index(), "REV");
      case 10 -> args("ZRANGESTORE", key('z'), key('z'), "(-1", "4", "BYSCORE", "LIMIT", "1", "3");
      case 11 -> args("ZRANGESTORE", key('z'), key('z'), "+", "[m1", "BYLEX", "REV");
      case 12 -> args("SORT", key('l'), "ALPHA", "STORE", key('l'));
      default ->
          args(
              "GEOSEARCHSTORE",
              key('z'),
              key('g'),
              "FROMLONLAT",
              "15",
              "37",
              "BYRADIUS",
              "400",
              "km");
    };
  }

  private String[] readAgain() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> args("PFADD", key('p'), member(), value());
      case 2 -> args("PFMERGE", key('p'), key('p'), key('p'));
      case 3 -> args("PFCOUNT", key('p'));
      case 4 -> args("BITFIELD", key('s'), "INCRBY", "i5", "10", "3", "SET", "u8", "#2", "200");
      case 5 -> args("GEOADD", key('g'), "13.36", "38.11", member(), "15.08", "37.5", member());
      case 6 -> args("GEORADIUS", key('g'), "15", "37", "200", "km", "STOREDIST", key('z'));
      default ->
          args(
              "EVAL",
              "redis.call('INCR', KEYS[1]); redis.call('RPUSH', KEYS[2], ARGV[1], ARGV[1]);"
                  + " return redis.call('ZINCRBY', KEYS[3], 2, ARGV[1])",
              "3",
              key('s'),
              key('l'),
              key('z'),
              member());
    };
  }

  private String[] generic() {
    String key = anyKey();
    return switch (random.nextInt(26)) {
      case 0, 1 -> args("DEL", key, anyKey());
      case 2 -> args("UNLINK", key);
      case 3 -> args("EXPIRE", key, "300");
      case 4, 5 -> args("PEXPIRE", key, ttl());
      case 6 -> args("EXPIRE", key, "500", oneOf("NX", "XX", "GT", "LT"));
      case 7 -> args("EXPIREAT", key, "4102444800");
      case 8 -> args("PEXPIREAT", key, "4102444800123");
      case 9 -> args("EXPIRE", key, "-1");
      case 10, 11 -> args("PERSIST", key);
      case 12 -> args("RENAME", key, anyKey());
      case 13 -> args("RENAMENX", key, anyKey());
      case 14 -> args("COPY", key, anyKey());
      case 15 -> args("COPY", key, anyKey(), "REPLACE");
      case 16 -> args("COPY", key, anyKey(), "DB", database(), "REPLACE");
      case 17, 18 -> args("MOVE", key, database());
      case 19 ->
          random.nextInt(10) == 0
              ? args("SWAPDB", "" + random.nextInt(3), "" + random.nextInt(3))
              : args("TOUCH", key);
      case 20 -> random.nextInt(30) == 0 ? args("FLUSHDB") : args("EXISTS", key);
      case 21 ->
          random.nextInt(200) == 0 ? args("FLUSHALL", "ASYNC") : args("OBJECT", "ENCODING", key);
      case 22 -> args("SET", "replicator:cursor", value());
      case 23 -> args("RENAME", "replicator:cursor", anyKey());
      default -> args("SET", key, value());
    };
  }

  private String database() {
    return String.valueOf(random.nextInt(8) == 0 ? 7 : random.nextInt(3));
  }

  private String key(char type) {
    return random.nextInt(8) == 0 ? anyKey() : type + "" + random.nextInt(4);
  }

  private String anyKey() {
    return "shltzxpg".charAt(random.nextInt(8)) + "" + random.nextInt(4);
  }

  private String member() {
    return "m" + random.nextInt(8);
  }

  private String value() {
    return switch (random.nextInt(4)) {
      case 0 -> "";
      case 1 -> number();
      case 2 -> "v\u0000\r\n\u00ff" + random.nextInt();
      default -> "x".repeat(random.nextInt(200));
    };
  }

  private String number() {
    return random.nextInt(10) == 0
        ? String.valueOf(random.nextLong() >> 8)
        : String.valueOf(random.nextInt(200) - 50);
  }

  private String score() {
    return oneOf("0", "-0", "1", "2.5", "-1", "3", "1e300", "inf", "-inf", "0.1", "0.7", "100");
  }

  private String index() {
    return String.valueOf(random.nextInt(10) - 5);
  }

  private String ttl() {
    return String.valueOf(1 + random.nextInt(60));
  }

  private String oneOf(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static String[] args(String... args) {
    return args;
  }
}
