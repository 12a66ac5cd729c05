package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random commits, flushes, loads, retention, reopenings and crashes against a model in memory, with
 * clients that pull in between. At every frontier a client's copy is the state that the model had
 * after the commit of that version. Set {@code store.seed} to repeat a failure, {@code store.seeds}
 * to run more.
 */
final class RandomOperationsTest {
  private static final String NAME = "7";
  private static final int STEPS = 400;
  private static final List<Bytes> KEYS =
      List.of(
          Bytes.EMPTY,
          Bytes.utf8("a"),
          Bytes.utf8("a:1"),
          Bytes.utf8("ab"),
          Bytes.wrap(new byte[] {'a', 0}),
          Bytes.wrap(new byte[] {'a', 0, 0}),
          Bytes.wrap(new byte[] {'a', 0, (byte) 0xff}),
          Bytes.wrap(new byte[] {(byte) 0xff}),
          Bytes.wrap(new byte[] {0}),
          Bytes.utf8("b:1"),
          Bytes.utf8("b:2"));
  private static final List<KeyFilter> FILTERS =
      List.of(
          KeyFilter.ALL,
          new KeyFilter(List.of(KeyGlob.of("a*")), List.of()),
          new KeyFilter(List.of(KeyGlob.of("b:*"), KeyGlob.of("a"), KeyGlob.of("ab*")), List.of()),
          new KeyFilter(List.of(KeyGlob.of("*")), List.of(KeyGlob.of("a*"))),
          new KeyFilter(List.of(KeyGlob.of("?")), List.of()));

  @TempDir Path directory;

  private Random random;
  private Path storeDirectory;
  private StoreSettings settings;
  private RocksStore store;
  private CommitWriter writer;
  private Keyspace model;
  private Map<Long, Keyspace> states;
  private List<Replica> replicas;
  private long nowMs;
  private boolean held;
  private int copies;

  static Stream<Long> seeds() {
    Long seed = Long.getLong("store.seed");
    if (seed != null) {
      return Stream.of(seed);
    }
    long first = System.nanoTime();
    return Stream.iterate(first, n -> n + 1).limit(Integer.getInteger("store.seeds", 12));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shouldEqualTheModelAtEveryFrontier(long seed) throws IOException {
    System.out.println("store.seed=" + seed);
    random = new Random(seed);
    storeDirectory = directory.resolve("store");
    // Small limits on some seeds, so that commits are written in parts and tombstones dropped
    // early.
    settings =
        new StoreSettings(
            storeDirectory,
            Duration.ofMillis(200),
            random.nextBoolean() ? 1 << 20 : 2000,
            1 << 20,
            random.nextBoolean() ? 8 << 20 : 3000,
            1 << 20);
    states = new HashMap<>();
    model = new Keyspace();
    replicas = new ArrayList<>();
    held = false;
    nowMs = 1000;
    open();
    remember();
    for (KeyFilter filter : FILTERS) {
      replicas.add(new Replica(filter));
    }
    try {
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      settle();
    } finally {
      store.close();
    }
  }

  private void open() {
    store = RocksStore.open(settings, () -> nowMs);
    writer = store.writer();
    held = false;
  }

  private OverlayWriter keyspace() {
    return (OverlayWriter) writer.database(NAME);
  }

  private Database database() {
    return store.database(NAME);
  }

  private void remember() {
    states.put(keyspace().head(), model.copy());
  }

  private void step() throws IOException {
    nowMs += random.nextInt(20);
    int choice = random.nextInt(1000);
    if (choice < 500) {
      commit();
      if (random.nextInt(3) == 0) {
        flush();
      }
    } else if (choice < 900) {
      pull(replicas.get(random.nextInt(replicas.size())));
    } else if (choice < 920) {
      store.dropTombstones(nowMs);
      if (random.nextBoolean()) {
        StoredRows.check(store, NAME);
      }
    } else if (choice < 935) {
      load();
    } else if (choice < 945) {
      expireDue();
    } else if (choice < 955) {
      held = !held;
      writer.holdFrontiers(held);
      flush();
    } else if (choice < 970) {
      replicas.set(
          random.nextInt(replicas.size()),
          new Replica(FILTERS.get(random.nextInt(FILTERS.size()))));
    } else if (choice < 980) {
      flush();
      store.close();
      open();
    } else if (choice < 990) {
      crash();
    } else {
      readBack();
    }
  }

  private void flush() {
    writer.flush(random.nextInt(10) == 0);
    StoredRows.check(store, NAME);
    assertThat(database().stats().keys()).isEqualTo(model.keys.size());
    assertThat(database().stats().bytes()).isEqualTo(model.bytes());
  }

  private void commit() {
    int changes = 1 + random.nextInt(random.nextInt(10) == 0 ? 30 : 4);
    for (int i = 0; i < changes; i++) {
      change();
      if (random.nextInt(40) == 0) {
        writer.flush(false);
      }
    }
    writer.endCommit();
    remember();
  }

  private void change() {
    KeyspaceWriter keyspace = keyspace();
    Bytes name = KEYS.get(random.nextInt(KEYS.size()));
    Keyspace.Key key = model.keys.get(name);
    int choice = random.nextInt(100);
    if (choice < 20) {
      DataType type = random.nextInt(3) == 0 ? DataType.LIST : DataType.STRING;
      Keyspace.Key made = new Keyspace.Key(type);
      made.value = value();
      made.expiresAtMs = expiry();
      model.keys.put(name, made);
      keyspace.putValue(name, type, made.value, made.expiresAtMs);
    } else if (choice < 60) {
      DataType type = collectionType(key);
      Bytes field = field();
      Bytes value = value();
      if (key == null || key.type != type) {
        key = new Keyspace.Key(type);
        model.keys.put(name, key);
      }
      key.fields.put(field, value);
      keyspace.putField(name, type, field, value);
    } else if (choice < 72) {
      Bytes field = field();
      keyspace.removeField(name, field);
      if (key != null && key.fields.remove(field) != null && key.fields.isEmpty()) {
        model.keys.remove(name);
      }
    } else if (choice < 84) {
      replaceCollection(name, key);
    } else if (choice < 92) {
      long expiry = expiry();
      keyspace.expire(name, expiry);
      if (key != null) {
        key.expiresAtMs = expiry;
      }
    } else if (choice < 99) {
      keyspace.delete(name);
      model.keys.remove(name);
    } else {
      keyspace.deleteAll();
      model.keys.clear();
    }
  }

  private void replaceCollection(Bytes name, Keyspace.Key key) {
    DataType type = collectionType(key);
    Keyspace.Key made = new Keyspace.Key(type);
    made.expiresAtMs = expiry();
    int size =
        random.nextInt(4) == 0
            ? OverlayWriter.SINGLE_DELETES_MAX - 10 + random.nextInt(40)
            : random.nextInt(8);
    if (key != null && random.nextBoolean()) {
      made.fields.putAll(key.fields);
      size = random.nextInt(3);
    }
    for (int i = 0; i < size; i++) {
      made.fields.put(size > 20 ? Bytes.utf8("f" + i) : field(), value());
    }
    if (made.fields.isEmpty()) {
      model.keys.remove(name);
    } else {
      model.keys.put(name, made);
    }
    keyspace().replaceCollection(name, type, made.fields, made.expiresAtMs);
  }

  private DataType collectionType(Keyspace.Key present) {
    if (present != null && present.type.isCollection() && random.nextInt(8) != 0) {
      return present.type;
    }
    return random.nextBoolean() ? DataType.HASH : DataType.ZSET;
  }

  private Bytes field() {
    return random.nextInt(8) == 0
        ? Bytes.EMPTY
        : Bytes.wrap(new byte[] {(byte) (random.nextInt(6) - 2)});
  }

  private Bytes value() {
    byte[] value = new byte[random.nextInt(20) == 0 ? 300 : random.nextInt(3)];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) random.nextInt(3);
    }
    return Bytes.wrap(value);
  }

  private long expiry() {
    return random.nextInt(3) == 0 ? nowMs + random.nextInt(1000) : 0;
  }

  private void pull(Replica replica) {
    int pulls = 1 + random.nextInt(4);
    for (int i = 0; i < pulls; i++) {
      check(replica, replica.pull(database(), limits()));
    }
  }

  private PullLimits limits() {
    return random.nextBoolean()
        ? PullLimits.DEFAULT
        : new PullLimits(1 + random.nextInt(300), 1 + random.nextInt(60));
  }

  private void check(Replica replica, Batch batch) {
    if (batch.frontier()) {
      assertThat(held).isFalse();
      long version = ((Cursor.At) batch.to()).version();
      assertThat(states).as("a commit ended at %s", version).containsKey(version);
      assertThat(replica.copy).isEqualTo(states.get(version).filtered(replica.filter));
    }
  }

  /** A full copy of a source that has moved on meanwhile. */
  private void load() {
    writer.beginLoad(NAME);
    boolean flushed = false;
    Keyspace source = model.copy();
    source.keys.keySet().removeIf(key -> random.nextInt(5) == 0);
    for (Map.Entry<Bytes, Keyspace.Key> key : source.keys.entrySet()) {
      put(key.getKey(), key.getValue());
      writer.endCommit();
      if (random.nextInt(4) == 0) {
        writer.flush(false);
        flushed = true;
        if (random.nextInt(30) == 0) {
          // Broken off, and begun again.
          store.close();
          open();
          writer.beginLoad(NAME);
          source.keys.forEach(this::put);
          writer.endCommit();
          break;
        }
      }
      if (flushed) {
        Replica replica = replicas.get(random.nextInt(replicas.size()));
        assertThat(replica.pull(database(), limits()).frontier()).isFalse();
      }
    }
    writer.endLoad(NAME);
    writer.endCommit();
    model = source;
    remember();
    flush();
  }

  private void put(Bytes name, Keyspace.Key key) {
    if (key.type.isCollection()) {
      keyspace().replaceCollection(name, key.type, key.fields, key.expiresAtMs);
    } else {
      keyspace().putValue(name, key.type, key.value, key.expiresAtMs);
    }
  }

  private void expireDue() {
    int expired = store.expireDue(NAME, nowMs, 3);
    int missing = 0;
    List<Bytes> gone = new ArrayList<>();
    for (Map.Entry<Bytes, Keyspace.Key> key : model.keys.entrySet()) {
      long due = key.getValue().expiresAtMs;
      if (due != 0 && due <= nowMs && keyspace().key(key.getKey()) == null) {
        gone.add(key.getKey());
        missing++;
      }
    }
    assertThat(expired).isEqualTo(missing).isLessThanOrEqualTo(3);
    // Each was a commit of its own, the earliest due first.
    gone.sort((a, b) -> Long.compare(model.keys.get(a).expiresAtMs, model.keys.get(b).expiresAtMs));
    model.keys.keySet().removeAll(gone);
    remember();
    writer.flush(false);
  }

  /** What a killed process leaves: everything written, nothing closed. */
  private void crash() throws IOException {
    boolean sameFiles = random.nextBoolean();
    store.kill();
    if (!sameFiles) {
      Path copy = directory.resolve("copy" + copies++);
      copy(storeDirectory, copy);
      storeDirectory = copy;
      settings =
          new StoreSettings(
              copy,
              settings.tombstoneRetention(),
              settings.tombstoneBytesMax(),
              settings.valueBytesMax(),
              settings.writeBatchBytesMax(),
              settings.blockCacheBytes());
    }
    open();
    long head = database().head();
    long kept = sameFiles ? head : head - LostRange.LENGTH;
    Keyspace state = states.get(kept);
    boolean torn = ((RocksDatabase) database()).published().torn();
    assertThat(state != null || torn).isTrue();
    if (torn) {
      assertThat(replicas.get(0).pull(database(), PullLimits.DEFAULT).frontier()).isFalse();
      load();
    } else {
      model = state.copy();
      states.put(head, model.copy());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (!file.endsWith("LOCK")) {
          Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  /** The writer reads its own changes, written or not. */
  private void readBack() {
    KeyspaceWriter keyspace = keyspace();
    if (random.nextBoolean()) {
      keyspace.prefetch(KEYS);
    }
    for (Bytes name : KEYS) {
      Keyspace.Key key = model.keys.get(name);
      KeyspaceWriter.KeyState state = keyspace.key(name);
      if (key == null) {
        assertThat(state).isNull();
        continue;
      }
      assertThat(state)
          .isEqualTo(
              new KeyspaceWriter.KeyState(key.type, key.value, key.expiresAtMs, key.fields.size()));
      Bytes from = field();
      Map<Bytes, Bytes> fields = new HashMap<>();
      keyspace.forEachField(
          name,
          from,
          (field, value) -> {
            fields.put(field, value);
            return true;
          });
      assertThat(fields).isEqualTo(key.fields.tailMap(from, true));
      for (Map.Entry<Bytes, Bytes> field : key.fields.entrySet()) {
        assertThat(keyspace.field(name, field.getKey())).isEqualTo(field.getValue());
      }
    }
  }

  private void settle() {
    writer.holdFrontiers(false);
    held = false;
    flush();
    store.dropTombstones(nowMs);
    StoredRows.check(store, NAME);
    for (Replica replica : replicas) {
      check(replica, replica.catchUp(database(), limits()));
      assertThat(replica.copy).isEqualTo(model.filtered(replica.filter));
    }
  }
}
