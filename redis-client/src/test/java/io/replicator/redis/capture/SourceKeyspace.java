package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A database of a real Redis, read key by key, in the form in which a store holds it. */
final class SourceKeyspace {
  private SourceKeyspace() {}

  static Map<Bytes, MemoryStore.Entry> read(RedisConnection redis, int database)
      throws IOException {
    redis.call("SELECT", Integer.toString(database));
    Map<Bytes, MemoryStore.Entry> entries = new TreeMap<>();
    for (Object key : (List<?>) redis.call("KEYS", "*")) {
      Bytes name = (Bytes) key;
      if (!CommandInterpreter.isOwn(name)) {
        MemoryStore.Entry entry = read(redis, name);
        if (entry != null) {
          entries.put(name, entry);
        }
      }
    }
    return entries;
  }

  private static MemoryStore.Entry read(RedisConnection redis, Bytes key) throws IOException {
    String type = ((Bytes) call(redis, "TYPE", key)).asUtf8();
    long expiry = Math.max(0, (Long) call(redis, "PEXPIRETIME", key));
    var fields = new TreeMap<Bytes, Bytes>();
    switch (type) {
      case "string":
        Object value = call(redis, "GET", key);
        return value == null
            ? null
            : new MemoryStore.Entry(DataType.STRING, (Bytes) value, expiry, fields);
      case "list":
        var list = new ListValue();
        for (Object element : (List<?>) call(redis, "LRANGE", key, "0", "-1")) {
          list.add((Bytes) element);
        }
        return list.length() == 0
            ? null
            : new MemoryStore.Entry(DataType.LIST, list.value(), expiry, fields);
      case "set":
        for (Object member : (List<?>) call(redis, "SMEMBERS", key)) {
          fields.put((Bytes) member, Bytes.EMPTY);
        }
        return collection(DataType.SET, expiry, fields);
      case "hash":
        List<?> hash = (List<?>) call(redis, "HGETALL", key);
        for (int i = 0; i < hash.size(); i += 2) {
          fields.put((Bytes) hash.get(i), (Bytes) hash.get(i + 1));
        }
        return collection(DataType.HASH, expiry, fields);
      case "zset":
        List<?> zset = (List<?>) call(redis, "ZRANGE", key, "0", "-1", "WITHSCORES");
        for (int i = 0; i < zset.size(); i += 2) {
          fields.put((Bytes) zset.get(i), Scores.value(Scores.parse((Bytes) zset.get(i + 1))));
        }
        return collection(DataType.ZSET, expiry, fields);
      case "stream":
        for (Object element : (List<?>) call(redis, "XRANGE", key, "-", "+")) {
          List<?> entry = (List<?>) element;
          var names = new ListValue();
          for (Object name : (List<?>) entry.get(1)) {
            names.add((Bytes) name);
          }
          fields.put(StreamIds.parse((Bytes) entry.get(0), 0), names.value());
        }
        return collection(DataType.STREAM, expiry, fields);
      default:
        return null;
    }
  }

  private static MemoryStore.Entry collection(
      DataType type, long expiry, NavigableMap<Bytes, Bytes> fields) {
    return fields.isEmpty() ? null : new MemoryStore.Entry(type, Bytes.EMPTY, expiry, fields);
  }

  private static Object call(RedisConnection redis, String command, Bytes key, String... more)
      throws IOException {
    Bytes[] args = new Bytes[2 + more.length];
    args[0] = Bytes.utf8(command);
    args[1] = key;
    for (int i = 0; i < more.length; i++) {
      args[2 + i] = Bytes.utf8(more[i]);
    }
    redis.send(args);
    redis.flush();
    return redis.reply();
  }
}
