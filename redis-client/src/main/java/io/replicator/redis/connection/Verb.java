package io.replicator.redis.connection;

import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The commands that this product sends to a target. Own names rather than Lettuce's: Lettuce keeps
 * a state machine for MULTI, EXEC and SELECT by the upper-case name of a command, which a pipeline,
 * sent in one piece, neither needs nor wants.
 */
// "deprecation": Lettuce deprecates the name() that every enum has. "ImmutableEnumChecker": nobody
// writes
// to the bytes, and Lettuce wants them as they are.
@SuppressWarnings({"deprecation", "ImmutableEnumChecker"})
public enum Verb implements ProtocolKeyword {
  CLIENT,
  DBSIZE,
  DUMP,
  EVAL_RO,
  EXEC,
  EXISTS,
  GETRANGE,
  HDEL,
  HGET,
  HGETALL,
  HLEN,
  HMGET,
  HSCAN,
  HSET,
  INFO,
  LLEN,
  LRANGE,
  MGET,
  MSET,
  MULTI,
  PERSIST,
  PEXPIREAT,
  PEXPIRETIME,
  RENAME,
  RESTORE,
  RPUSH,
  SADD,
  SCAN,
  SCARD,
  SELECT,
  SET,
  SMISMEMBER,
  SRANDMEMBER,
  SREM,
  SSCAN,
  STRLEN,
  TYPE,
  UNLINK,
  XADD,
  XDEL,
  XLEN,
  XRANGE,
  ZADD,
  ZCARD,
  ZMSCORE,
  ZREM,
  ZSCAN;

  private final byte[] sent = name().getBytes(StandardCharsets.US_ASCII);
  private final String shown = name().toLowerCase(Locale.ROOT);

  @Override
  public byte[] getBytes() {
    return sent;
  }

  @Override
  public String toString() {
    return shown;
  }
}
