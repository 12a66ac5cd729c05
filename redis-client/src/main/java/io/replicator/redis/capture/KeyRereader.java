package io.replicator.redis.capture;

import io.replicator.redis.capture.DivergentKeys.DatabaseKey;
import io.replicator.redis.capture.RedisConnection.ErrorReply;
import io.replicator.replication.Bytes;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads keys from the source together with the replication offset at which it was read, in one
 * transaction of the source for many keys. Confined to the capturing thread.
 */
final class KeyRereader {
  private static final int KEYS_AT_ONCE = 256;
  private static final Bytes MULTI = Bytes.utf8("MULTI");
  private static final Bytes EXEC = Bytes.utf8("EXEC");
  private static final Bytes DUMP = Bytes.utf8("DUMP");

  private final RedisConnection connection;
  private final KeyWriter writer;
  private final Bytes expiryCommand;
  private final boolean absoluteExpiry;
  private final int rdbVersion;

  /**
   * @param serverVersion as INFO tells it
   */
  KeyRereader(RedisConnection connection, KeyWriter writer, String serverVersion) {
    this.connection = connection;
    this.writer = writer;
    String[] parts = serverVersion.split("\\.", -1);
    int major = number(parts, 0);
    int minor = number(parts, 1);
    this.absoluteExpiry = major >= 7;
    this.expiryCommand = Bytes.utf8(absoluteExpiry ? "PEXPIRETIME" : "PTTL");
    this.rdbVersion = major < 7 ? 9 : major > 7 || minor >= 4 ? 12 : minor >= 2 ? 11 : 10;
  }

  /** Reads what {@code divergent} holds as stale and writes it into the databases. */
  void readStale(DivergentKeys divergent, Map<Integer, CapturedDatabase> databases)
      throws IOException {
    List<DatabaseKey> stale = divergent.staleKeys();
    stale.removeIf(key -> !databases.containsKey(key.database()));
    for (int from = 0; from < stale.size(); from += KEYS_AT_ONCE) {
      List<DatabaseKey> keys = stale.subList(from, Math.min(stale.size(), from + KEYS_AT_ONCE));
      long offset = read(keys, divergent, databases);
      for (DatabaseKey key : keys) {
        divergent.wasRead(key, offset);
      }
    }
  }

  /**
   * The keys of a command that only the source knows; none where it does not know it either.
   *
   * @throws IOException when the source does not answer
   */
  List<Bytes> keysOf(Command command) throws IOException {
    Bytes[] question = new Bytes[command.args().length + 2];
    question[0] = Bytes.utf8("COMMAND");
    question[1] = Bytes.utf8("GETKEYS");
    System.arraycopy(command.args(), 0, question, 2, command.args().length);
    connection.send(question);
    connection.flush();
    List<Bytes> keys = new ArrayList<>();
    if (connection.reply() instanceof List<?> reply) {
      for (Object key : reply) {
        if (key instanceof Bytes bytes) {
          keys.add(bytes.compact());
        }
      }
    }
    return keys;
  }

  private long read(
      List<DatabaseKey> keys, DivergentKeys divergent, Map<Integer, CapturedDatabase> databases)
      throws IOException {
    connection.send(MULTI);
    connection.send("TIME");
    for (DatabaseKey key : keys) {
      connection.send("SELECT", Integer.toString(key.database()));
      connection.send(expiryCommand, key.key());
      connection.send(DUMP, key.key());
    }
    connection.send("INFO", "replication");
    connection.send(EXEC);
    connection.flush();
    String refusal = null;
    for (int i = 0; i < 3 + 3 * keys.size(); i++) {
      if (connection.reply() instanceof ErrorReply error && refusal == null) {
        refusal = error.message();
      }
    }
    ByteReader in = connection.reader();
    int first = in.read();
    if (first != '*') {
      String line = connection.line().asUtf8();
      throw refused(refusal == null ? line : refusal);
    }
    long elements = in.decimalLine();
    if (elements != 2 + 3L * keys.size()) {
      throw new StreamCorruptedException(
          "a transaction of " + (2 + 3 * keys.size()) + " commands with " + elements + " replies");
    }
    long nowMs = milliseconds(connection.reply());
    for (DatabaseKey key : keys) {
      accepted(connection.reply());
      long expiry = (Long) accepted(connection.reply());
      long expiresAtMs = expiry < 0 ? 0 : absoluteExpiry ? expiry : nowMs + expiry;
      divergent.release(key.database(), key.key());
      readDump(in, databases.get(key.database()), key.key(), expiresAtMs);
    }
    if (accepted(connection.reply()) instanceof Bytes info) {
      return Long.parseLong(RedisConnection.infoLine(info, "master_repl_offset"));
    }
    throw new StreamCorruptedException("INFO without a text");
  }

  // Parsed as it arrives, so that a large collection is never here as a whole.
  private void readDump(ByteReader in, CapturedDatabase database, Bytes key, long expiresAtMs)
      throws IOException {
    int first = in.read();
    if (first == '-') {
      throw refused(connection.line().asUtf8());
    }
    if (first != '$') {
      throw new StreamCorruptedException("DUMP without a payload");
    }
    long length = in.decimalLine();
    if (length < 0) {
      database.keys().delete(key);
      return;
    }
    long end = in.position() + length;
    var values = new RdbValues(in, database.valueBytesMax(), writer.into(database));
    values.read(in.read(), key, expiresAtMs, rdbVersion);
    if (in.position() != end - 10) {
      throw new StreamCorruptedException(
          "DUMP of " + key + " ends " + (end - 10 - in.position()) + " bytes from where it should");
    }
    in.skip(10);
    in.expect('\r');
    in.expect('\n');
  }

  private Object accepted(Object reply) throws IOException {
    if (reply instanceof ErrorReply error) {
      throw refused(error.message());
    }
    return reply;
  }

  private IOException refused(String message) {
    return message.startsWith("NOPERM")
        ? connection.denied(message)
        : new IOException(
            "redis at " + connection + " does not let keys be read again: " + message);
  }

  private static long milliseconds(Object time) throws IOException {
    if (time instanceof List<?> parts
        && parts.size() == 2
        && parts.get(0) instanceof Bytes seconds
        && parts.get(1) instanceof Bytes microseconds) {
      return Arguments.number(seconds) * 1000 + Arguments.number(microseconds) / 1000;
    }
    throw new StreamCorruptedException("TIME of " + time);
  }

  private static int number(String[] parts, int index) {
    try {
      return index < parts.length ? Integer.parseInt(parts[index]) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
