package io.replicator.cassandra.apply;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.store.CommitWriter;
import io.replicator.store.KeyspaceWriter;
import io.replicator.store.PullLimits;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A hub's real store, random commits into it, and what they come to in memory. Values and fields
 * are numbers, written as their type wants it.
 */
final class RandomHub implements AutoCloseable {
  private static final String NAME = "0";
  private static final List<String> KEYS =
      List.of("a", "b", "c", "d", "e", "f", "", "big:1", "big:2", "\\x", "grüße");

  final TreeMap<String, Key> keys = new TreeMap<>();
  private final Random random;
  private final Path directory;
  private RocksStore store;
  private CommitWriter writer;
  private int stores;
  private int values;

  /** A live key. */
  static final class Key {
    final DataType type;
    long expiresAtMs;
    int value;
    final TreeMap<Integer, Integer> fields = new TreeMap<>();

    Key(DataType type) {
      this.type = type;
    }
  }

  RandomHub(Random random, Path directory) {
    this.random = random;
    this.directory = directory;
    open();
  }

  private void open() {
    store =
        RocksStore.open(
            new StoreSettings(
                directory.resolve("store" + stores++),
                Duration.ofMillis(1),
                1 << 20,
                1 << 20,
                8 << 20,
                1 << 20));
    writer = store.writer();
  }

  /** One bounded pull, as small as a random limit says. */
  Batch pull(Cursor from) {
    PullLimits limits =
        switch (random.nextInt(4)) {
          case 0 -> PullLimits.DEFAULT;
          case 1 -> new PullLimits(1 + random.nextInt(300), 100_000);
          default -> new PullLimits(1 << 20, 1 + random.nextInt(40));
        };
    return store.database(NAME).pull(from, KeyFilter.ALL, limits);
  }

  /** Clients that are behind have to load. */
  void dropTombstones() {
    store.dropTombstones(System.currentTimeMillis() + 3_600_000);
  }

  // ---- Commits

  void commit() {
    for (int i = random.nextInt(5); i >= 0; i--) {
      change();
    }
    end();
  }

  private void end() {
    writer.endCommit();
    writer.flush(false);
  }

  private void change() {
    String name = KEYS.get(random.nextInt(KEYS.size()));
    if (isExpired(keys.get(name))) {
      // As Redis does when it meets one.
      delete(name);
    }
    Key key = keys.get(name);
    int choice = random.nextInt(100);
    if (choice < 18) {
      putValue(name);
    } else if (choice < 60) {
      putField(name, key);
    } else if (choice < 70) {
      removeField(name, key);
    } else if (choice < 80) {
      replace(name);
    } else if (choice < 91) {
      expire(name, key, expiry());
    } else if (choice < 99) {
      delete(name);
    } else {
      writer.database(NAME).deleteAll();
      keys.clear();
    }
  }

  private void putValue(String name) {
    DataType[] types = {DataType.STRING, DataType.STRING, DataType.LIST, DataType.OPAQUE};
    Key key = new Key(types[random.nextInt(types.length)]);
    key.value = ++values;
    key.expiresAtMs = expiry();
    keys.put(name, key);
    write(name, key);
  }

  private DataType collection() {
    DataType[] types = {DataType.HASH, DataType.SET, DataType.ZSET, DataType.STREAM};
    return types[random.nextInt(types.length)];
  }

  private void putField(String name, Key present) {
    Key key = present;
    if (key == null || !key.type.isCollection() || random.nextInt(20) == 0) {
      DataType type = collection();
      if (key == null || key.type != type) {
        key = new Key(type);
        keys.put(name, key);
      }
    }
    // A collection that needs several batches now and then.
    int fields = random.nextInt(12) == 0 ? 20 + random.nextInt(150) : 1;
    for (int i = 0; i < fields; i++) {
      int field = fields == 1 ? random.nextInt(4) : i;
      int value = key.type == DataType.SET ? 0 : ++values;
      key.fields.put(field, value);
      writer
          .database(NAME)
          .putField(Bytes.utf8(name), key.type, field(key.type, field), value(key.type, value));
    }
  }

  private void removeField(String name, Key key) {
    if (key == null || !key.type.isCollection()) {
      return;
    }
    int field = random.nextBoolean() ? key.fields.firstKey() : key.fields.lastKey();
    writer.database(NAME).removeField(Bytes.utf8(name), field(key.type, field));
    key.fields.remove(field);
    if (key.fields.isEmpty()) {
      keys.remove(name);
    }
  }

  private void replace(String name) {
    Key key = new Key(collection());
    key.expiresAtMs = expiry();
    for (int i = random.nextInt(10); i >= 0; i--) {
      key.fields.put(random.nextInt(12), key.type == DataType.SET ? 0 : ++values);
    }
    keys.put(name, key);
    write(name, key);
  }

  private void expire(String name, Key key, long expiresAtMs) {
    if (key != null) {
      key.expiresAtMs = expiresAtMs;
      writer.database(NAME).expire(Bytes.utf8(name), expiresAtMs);
    }
  }

  private void delete(String name) {
    keys.remove(name);
    writer.database(NAME).delete(Bytes.utf8(name));
  }

  /** Never, in hours, or long over. */
  private long expiry() {
    long nowMs = System.currentTimeMillis();
    return switch (random.nextInt(8)) {
      case 0, 1 -> nowMs + 3_600_000 + random.nextInt(100) * 60_000L;
      case 2 -> nowMs - 120_000;
      default -> 0;
    };
  }

  private static boolean isExpired(Key key) {
    return key != null && key.expiresAtMs != 0 && key.expiresAtMs < System.currentTimeMillis();
  }

  /** As the owner of the data does sooner or later. */
  void deleteExpired() {
    for (Map.Entry<String, Key> key : new ArrayList<>(keys.entrySet())) {
      if (isExpired(key.getValue())) {
        delete(key.getKey());
      }
    }
    end();
  }

  private void write(String name, Key key) {
    KeyspaceWriter keyspace = writer.database(NAME);
    if (!key.type.isCollection()) {
      keyspace.putValue(Bytes.utf8(name), key.type, value(key.type, key.value), key.expiresAtMs);
      return;
    }
    Map<Bytes, Bytes> fields = new HashMap<>();
    key.fields.forEach(
        (field, value) -> fields.put(field(key.type, field), value(key.type, value)));
    keyspace.replaceCollection(Bytes.utf8(name), key.type, fields, key.expiresAtMs);
  }

  private static Bytes field(DataType type, int field) {
    return type == DataType.STREAM ? Batches.streamId(field, 0) : Bytes.utf8("f" + field);
  }

  private static Bytes value(DataType type, int value) {
    return switch (type) {
      case SET -> Bytes.EMPTY;
      case ZSET -> Batches.score(value);
      case LIST -> Batches.parts("v" + value);
      case STREAM -> Batches.parts("n", "v" + value);
      default -> Bytes.utf8("v" + value);
    };
  }

  /** The hub's store is lost; a new one holds most of what was there. */
  void beginEpoch() {
    store.close();
    open();
    keys.keySet().removeIf(key -> random.nextInt(4) == 0);
    keys.forEach(this::write);
    end();
  }

  @Override
  public void close() {
    store.close();
  }

  // ---- What the tables should say

  /** Rows of every key, each as table, key and columns; a large collection's in its own tables. */
  List<String> rows(List<String> large) {
    List<String> rows = new ArrayList<>();
    keys.forEach((name, key) -> addRows(rows, large.contains(name), name, key));
    rows.sort(null);
    return rows;
  }

  private static void addRows(List<String> rows, boolean large, String name, Key key) {
    String prefix = large && key.type.isCollection() ? "large_" : "";
    String begin =
        prefix + key.type.name().toLowerCase(java.util.Locale.ROOT) + "|" + escaped(name);
    String end = key.expiresAtMs == 0 ? "|" : "|expires";
    switch (key.type) {
      case STRING -> rows.add(begin + "|v" + key.value + end);
      case LIST -> rows.add(begin + "|[v" + key.value + "]" + end);
      case OPAQUE -> rows.add(begin + "|" + hex("v" + key.value) + end);
      case HASH -> key.fields.forEach((f, v) -> rows.add(begin + "|f" + f + "|v" + v + end));
      case SET -> key.fields.forEach((f, v) -> rows.add(begin + "|f" + f + "|"));
      case ZSET -> key.fields.forEach((f, v) -> rows.add(begin + "|f" + f + "|" + v + ".0" + end));
      case STREAM ->
          key.fields.forEach((f, v) -> rows.add(begin + "|" + f + "|0|[n, v" + v + "]" + end));
    }
  }

  static String escaped(String name) {
    return name.startsWith("\\x")
        ? io.replicator.cassandra.schema.Names.text(Bytes.utf8(name))
        : name;
  }

  private static String hex(String text) {
    return com.datastax.oss.protocol.internal.util.Bytes.toHexString(
        Bytes.utf8(text).asByteBuffer());
  }
}
