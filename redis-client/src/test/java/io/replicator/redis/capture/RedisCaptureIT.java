package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.RocksStore;
import io.replicator.store.Store;
import io.replicator.store.StoreSettings;
import io.replicator.streams.SourceStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Capture from a real redis-server: at quiescence, what is stored equals the source. */
final class RedisCaptureIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final MemoryStore memory = new MemoryStore();
  private Store store = memory;
  private Bytes last = Bytes.EMPTY;
  private RedisProcess redis;
  private RedisConnection client;
  private CapturingThread capturing;

  @AfterEach
  void stopAll() throws Exception {
    if (capturing != null) {
      capturing.stop();
    }
    if (client != null) {
      client.close();
    }
    if (redis != null) {
      redis.close();
    }
    store.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldEqualTheSourceAfterRandomCommands(long seed) throws Exception {
    startRedis();
    store = RocksStore.open(StoreSettings.defaults(directory.resolve("store")));
    var commands = new RandomCommands(seed);
    send(commands, 500);
    startCapture(0, 1, 2);
    for (int i = 0; i < 20; i++) {
      send(commands, 500);
    }
    awaitEqual(0, 1, 2);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void shouldEqualTheSourceWhereverItIsInterrupted(long seed) throws Exception {
    startRedis();
    store = RocksStore.open(StoreSettings.defaults(directory.resolve("store")));
    var commands = new RandomCommands(seed);
    startCapture(0, 1, 2);
    for (int i = 0; i < 20; i++) {
      send(commands, 200);
      capturing.stop();
      send(commands, 20);
      startCapture(0, 1, 2);
    }
    awaitEqual(0, 1, 2);
  }

  @Test
  void shouldEqualTheSourceWhileItEvicts() throws Exception {
    startRedis("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random");
    startCapture(0);
    for (int i = 0; i < 3000; i++) {
      client.send("SET", "key" + i % 1000, "x".repeat(i % 2000));
      client.send("HSET", "hash" + i % 500, "f" + i, "y".repeat(i % 300));
    }
    replies(6000);
    awaitEqual(0);
    assertThat(RedisConnection.infoLine((Bytes) client.call("INFO", "stats"), "evicted_keys"))
        .isNotEqualTo("0");
  }

  @Test
  void shouldReadKeysAgainThatOnlyTheSourceCanCompute() throws Exception {
    startRedis();
    client.call("SET", "counter", "5");
    // As if these came from a module.
    CommandTable table =
        CommandTable.without(Set.of("INCR", "RPUSH", "SUNIONSTORE", "HSET", "ZADD", "SETBIT"));
    capturing = new CapturingThread(settings(0, 1, 2), store, table);
    var commands = new RandomCommands(7);
    for (int i = 0; i < 10; i++) {
      send(commands, 300);
      client.call("INCR", "counter");
    }
    awaitEqual(0, 1, 2);
    assertThat(capturing.capture.status().unsupported()).containsKey("unknown command INCR");
  }

  @Test
  void shouldCaptureOnlyTheConfiguredDatabases() throws Exception {
    startRedis();
    set(client, 0, "a", "0");
    set(client, 3, "a", "3");
    set(client, 5, "a", "5");
    startCapture(5, 3);
    set(client, 3, "b", "3");
    set(client, 0, "b", "0");
    client.call("SELECT", "0");
    client.call("MOVE", "b", "5");
    client.call("COPY", "a", "c", "DB", "3");
    client.call("SWAPDB", "0", "5");
    awaitEqual(3, 5);
    assertThat(memory.snapshot("0")).isEmpty();
    assertThat(memory.snapshot("5")).containsKey(Bytes.utf8("a"));
  }

  @Test
  void shouldContinueAtItsOffsetAfterARestart() throws Exception {
    startRedis();
    set(client, 0, "before", "1");
    startCapture(0);
    awaitEqual(0);
    capturing.stop();
    assertThat(memory.loads.get()).isEqualTo(1);
    set(client, 0, "counter", "1");
    client.call("INCR", "counter");
    startCapture(0);
    client.call("INCR", "counter");
    awaitEqual(0);
    assertThat(memory.loads.get()).isEqualTo(1);
    assertThat(capturing.capture.status().commands()).isEqualTo(3);
  }

  @Test
  void shouldStoreOnlyWhatDiffersWhenTheBacklogIsTooSmall() throws Exception {
    startRedis("--repl-backlog-size", "16kb");
    for (int i = 0; i < 200; i++) {
      client.call("SET", "key" + i, "value" + i);
      client.call("HSET", "hash", "f" + i, "v" + i);
    }
    startCapture(0);
    awaitEqual(0);
    capturing.stop();
    long changes = memory.changes.get();
    client.call("SET", "key7", "another");
    client.call("HDEL", "hash", "f3");
    client.call("DEL", "key8");
    for (int i = 0; i < 50; i++) {
      client.call("SET", "passing", "x".repeat(1000));
    }
    client.call("DEL", "passing");
    startCapture(0);
    awaitEqual(0);
    assertThat(memory.loads.get()).isEqualTo(2);
    // The hash counts as a whole in this store.
    assertThat(memory.changes.get() - changes).isEqualTo(3);
  }

  @Test
  void shouldNotBeDroppedBySourceForStoringSlowly() throws Exception {
    startRedis("--client-output-buffer-limit", "replica 8mb 8mb 60");
    startCapture(0);
    awaitEqual(0);
    var storing = new CountDownLatch(1);
    memory.beforeFlush = () -> awaitQuietly(storing);
    // All bursts together are far above the source's limit. Each waits until the one before has
    // been
    // received, but for what the storing thread holds: a busy machine must not make them one.
    try {
      for (int round = 1; round <= 200; round++) {
        for (int i = 0; i < 10; i++) {
          client.send("SET", "key" + round + "." + i, "x".repeat(20_000));
        }
        replies(10);
        long sentBytes = round * 200_000L;
        await()
            .pollInterval(Duration.ofMillis(2))
            .atMost(TIMEOUT)
            .until(
                () -> {
                  capturing.failIfEnded();
                  return capturing.capture.status().spoolBytes() > sentBytes - 4_000_000;
                });
      }
      assertThat(spoolFiles()).isNotEmpty();
    } finally {
      storing.countDown();
    }
    awaitEqual(0);
    assertThat(memory.loads.get()).isEqualTo(1);
    await().atMost(TIMEOUT).untilAsserted(() -> assertThat(spoolFiles()).isEmpty());
  }

  @Test
  void shouldFollowASourceThatWasKilledAndCameBackEmpty() throws Exception {
    startRedis();
    set(client, 0, "lost", "1");
    startCapture(0);
    awaitEqual(0);
    redis.kill();
    assertThat(capturing.awaitFailure()).isInstanceOf(IOException.class);
    redis.restart();
    client = RedisConnection.open(address(), settings(0));
    set(client, 0, "new", "2");
    startCapture(0);
    awaitEqual(0);
    assertThat(memory.snapshot("0")).containsOnlyKeys(Bytes.utf8("new"));
  }

  @Test
  void shouldSayWhatIsWrongWithAPassword() throws Exception {
    startRedis("--requirepass", "secret");
    assertFails(credentials("", "wrong"), "refuses the password", "check user and password");
    assertFails(credentials("", ""), "wants a password");
    client.close();
    client = RedisConnection.open(address(), credentials("", "secret"));
    client.call("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read", "+info", "+ping");
    assertFails(credentials("reader", "pw"), "denies", "+psync +replconf");
    client.call("SET", "k", "v");
    capturing = new CapturingThread(credentials("", "secret"), store, CommandTable.ofRedis());
    awaitEqual(0);
  }

  @Test
  void shouldSayThatNobodyIsThere() throws Exception {
    startRedis();
    redis.kill();
    assertFails(settings(0), "cannot connect to redis at 127.0.0.1:" + redis.port());
  }

  @Test
  void shouldWithholdValuesOverTheLimitAndTakeThemBack() throws Exception {
    startRedis();
    client.call("SET", "large", "x".repeat(2000));
    client.call("HSET", "hash", "a", "1", "b", "y".repeat(2000));
    client.call("SET", "grows", "x".repeat(990));
    var limited =
        new RedisCaptureSettings(
            List.of(address()),
            "",
            "",
            "",
            Optional.empty(),
            List.of(0),
            1000,
            directory.resolve("spool"),
            1 << 20,
            Duration.ofSeconds(5),
            Duration.ofSeconds(60));
    capturing = new CapturingThread(limited, store, CommandTable.ofRedis());
    client.call("APPEND", "grows", "x".repeat(20));
    client.call("APPEND", "large", "x");
    client.call("SET", "late", "z".repeat(5000));
    client.call("RPUSH", "list", "z".repeat(5000));
    client.call("SET", "fits", "1");
    await().atMost(TIMEOUT).until(() -> memory.snapshot("0").containsKey(Bytes.utf8("fits")));
    assertThat(memory.snapshot("0")).containsOnlyKeys(Bytes.utf8("fits"));
    assertThat(capturing.capture.status().unsupported().get("value over the limit"))
        .isGreaterThanOrEqualTo(5);
    capturing.stop();
    capturing = new CapturingThread(limited, store, CommandTable.ofRedis());
    client.call("SETRANGE", "late", "2", "y");
    client.call("HDEL", "hash", "b");
    client.call("HSET", "hash", "c", "3");
    client.call("SET", "large", "small");
    client.call("RENAME", "large", "renamed");
    client.call("LTRIM", "list", "1", "0");
    client.call("RPUSH", "list", "short");
    client.call("DEL", "grows", "late");
    client.call("APPEND", "grows", "new");
    awaitEqual(0);
    assertThat(memory.loads.get()).isEqualTo(1);
  }

  @Test
  void shouldStoreEveryByteOfKeysAndValues() throws Exception {
    startRedis();
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    Bytes every = Bytes.wrap(all);
    sendBinary("SET", every, every);
    sendBinary("HSET", Bytes.utf8("hash"), every, every);
    startCapture(0);
    sendBinary("RPUSH", Bytes.utf8("list"), every, Bytes.EMPTY);
    sendBinary("SET", Bytes.EMPTY, every);
    awaitEqual(0);
    assertThat(memory.snapshot("0")).containsKeys(every, Bytes.EMPTY);
  }

  @Test
  void shouldLoadEveryEncodingOfEveryType() throws Exception {
    startRedis("--rdbcompression", "yes");
    client.call("SET", "compressible", "abc".repeat(1000));
    for (String number : List.of("0", "-1", "127", "-129", "32768", "-2147483649", "12345678901")) {
      client.call("SET", "n" + number, number);
      client.call("SADD", "ints", number);
      for (String key : List.of("listpack", "table")) {
        client.call("HSET", "h" + key, number, "v", "v", number);
        client.call("ZADD", "z" + key, number, "m" + number, "0." + number.substring(1) + "5", "f");
        client.call("SADD", "s" + key, number, "text");
        client.call("RPUSH", "l" + key, number, "x".repeat(70), "y".repeat(5000));
        client.call("XADD", "x" + key, "*", "n", number);
        client.call("XADD", "x" + key, "*", "n", number, "other", "value");
      }
    }
    for (int i = 0; i < 700; i++) {
      client.call("HSET", "htable", "f" + i, "x".repeat(i % 100));
      client.call("ZADD", "ztable", i + ".25", "f" + i);
      client.call("SADD", "stable", "f" + i);
      client.call("SADD", "ints", "" + i);
      client.call("RPUSH", "ltable", "x".repeat(i), "" + i);
      client.call(
          "XADD",
          "xtable",
          i % 3 == 0 ? "MAXLEN" : "MINID",
          i % 3 == 0 ? "300" : "0",
          "*",
          "n" + i % 2,
          "v" + i);
    }
    client.call("RPUSH", "plain", "z".repeat(20_000), "short");
    client.call("PFADD", "hll", "a", "b");
    client.call("PEXPIREAT", "hll", "4102444800123");
    startCapture(0);
    awaitEqual(0);
    // The same again as payloads of DUMP, in the stream.
    for (Object key : (List<?>) client.call("KEYS", "*")) {
      sendBinary("DUMP", (Bytes) key);
      Bytes payload = last;
      client.send(
          Bytes.utf8("RESTORE"),
          Bytes.utf8("copy of " + key),
          Bytes.utf8("100000"),
          payload,
          Bytes.utf8("REPLACE"));
      replies(1);
    }
    awaitEqual(0);
  }

  @Test
  void shouldReplaceLargeCollectionsByDifference() throws Exception {
    startRedis("--repl-backlog-size", "16kb");
    for (int i = 0; i < 30_000; i++) {
      client.send("HSET", "large", "field" + i, "value" + i);
    }
    replies(30_000);
    startCapture(0);
    awaitEqual(0);
    capturing.stop();
    long changes = memory.changes.get();
    client.call("HDEL", "large", "field77", "field29999");
    client.call("HSET", "large", "field5", "other", "extra", "x");
    for (int i = 0; i < 50; i++) {
      client.call("SET", "passing", "x".repeat(1000));
    }
    client.call("DEL", "passing");
    startCapture(0);
    awaitEqual(0);
    assertThat(memory.loads.get()).isEqualTo(2);
    assertThat(memory.changes.get() - changes).isEqualTo(4);
    client.call("RENAME", "large", "renamed");
    client.call("COPY", "renamed", "again");
    awaitEqual(0);
  }

  @Test
  void shouldStopPromptlyAndLeaveNoSpool() throws Exception {
    startRedis();
    startCapture(0);
    awaitEqual(0);
    long beganNs = System.nanoTime();
    capturing.stop();
    assertThat(System.nanoTime() - beganNs).isLessThan(TimeUnit.SECONDS.toNanos(2));
    assertThat(capturing.capture.status().state()).isEqualTo(SourceStatus.State.STOPPED);
    assertThat(spoolFiles()).isEmpty();
  }

  @Test
  void shouldTellHowItGoes() throws Exception {
    startRedis();
    set(client, 0, "a", "1");
    startCapture(0);
    awaitEqual(0);
    client.call("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
    client.call("SET", "replicator:x", "1");
    set(client, 0, "b", "1");
    awaitEqual(0);
    SourceStatus status = capturing.capture.status();
    Bytes server = (Bytes) client.call("INFO", "server");
    assertThat(status.id()).isEqualTo("redis:" + RedisConnection.infoLine(server, "run_id"));
    assertThat(status.address()).isEqualTo("127.0.0.1:" + redis.port());
    assertThat(status.state()).isEqualTo(SourceStatus.State.STREAMING);
    assertThat(status.loadedKeys()).isEqualTo(1);
    assertThat(status.unsupported())
        .containsKeys("stream consumer groups", "keys of the product itself");
    await()
        .atMost(TIMEOUT)
        .untilAsserted(
            () ->
                assertThat(capturing.capture.status().offset())
                    .isEqualTo(
                        Long.parseLong(
                            RedisConnection.infoLine(
                                (Bytes) client.call("INFO", "replication"),
                                "master_repl_offset"))));
    assertThat(memory.keyspace("0").key(Bytes.utf8("a")).type()).isEqualTo(DataType.STRING);
  }

  private List<Path> spoolFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
      return files.toList();
    }
  }

  private void sendBinary(String command, Bytes... args) throws IOException {
    Bytes[] all = new Bytes[args.length + 1];
    all[0] = Bytes.utf8(command);
    System.arraycopy(args, 0, all, 1, args.length);
    client.send(all);
    client.flush();
    last = client.reply() instanceof Bytes bytes ? bytes : Bytes.EMPTY;
  }

  private static void set(RedisConnection client, int database, String key, String value)
      throws IOException {
    client.call("SELECT", Integer.toString(database));
    client.call("SET", key, value);
  }

  private void send(RandomCommands commands, int count) throws IOException {
    int sent = 0;
    for (int i = 0; i < count; i++) {
      for (String[] command : commands.next()) {
        client.send(command);
        sent++;
      }
    }
    replies(sent);
  }

  private void replies(int count) throws IOException {
    client.flush();
    for (int i = 0; i < count; i++) {
      client.reply();
    }
  }

  private void assertFails(RedisCaptureSettings settings, String... parts) throws Exception {
    capturing = new CapturingThread(settings, store, CommandTable.ofRedis());
    Throwable failure = capturing.awaitFailure();
    assertThat(failure).isInstanceOf(IOException.class).hasMessageContainingAll(parts);
    assertThat(failure.getMessage()).doesNotContain("secret").doesNotContain("wrong ");
    assertThat(capturing.capture.status().state()).isEqualTo(SourceStatus.State.FAILED);
  }

  private void awaitEqual(int... databases) {
    await()
        .atMost(TIMEOUT)
        .untilAsserted(
            () -> {
              capturing.failIfEnded();
              for (int number : databases) {
                Map<Bytes, MemoryStore.Entry> expected = SourceKeyspace.read(client, number);
                Map<Bytes, MemoryStore.Entry> stored = StoredKeyspace.read(store, number);
                assertThat(stored).as("at a frontier").isNotNull();
                assertThat(stored.keySet()).as("keys of %d", number).isEqualTo(expected.keySet());
                var different = new HashMap<Bytes, String>();
                expected.forEach(
                    (key, entry) -> {
                      if (!entry.equals(stored.get(key))) {
                        different.put(key, entry + " is stored as " + stored.get(key));
                      }
                    });
                assertThat(different).as("differences in %d", number).isEmpty();
              }
            });
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void startRedis(String... arguments) throws IOException {
    redis = RedisProcess.start(arguments);
    client = RedisConnection.open(address(), anyPassword(arguments));
  }

  private RedisCaptureSettings anyPassword(String... arguments) {
    return arguments.length > 1 && arguments[0].equals("--requirepass")
        ? credentials("", arguments[1])
        : settings(0);
  }

  private void startCapture(Integer... databases) {
    capturing = new CapturingThread(settings(databases), store, CommandTable.ofRedis());
  }

  private InetSocketAddress address() {
    return InetSocketAddress.createUnresolved("127.0.0.1", redis.port());
  }

  private RedisCaptureSettings settings(Integer... databases) {
    return RedisCaptureSettings.defaults(address(), List.of(databases), directory.resolve("spool"));
  }

  private RedisCaptureSettings credentials(String user, String password) {
    return new RedisCaptureSettings(
        List.of(address()),
        "",
        user,
        password,
        Optional.empty(),
        List.of(0),
        64 << 20,
        directory.resolve("spool"),
        1L << 30,
        Duration.ofSeconds(5),
        Duration.ofSeconds(60));
  }

  /** A capture that runs on a thread of its own. */
  private static final class CapturingThread {
    final RedisCapture capture;
    private final Thread thread;
    private volatile Throwable failure;

    CapturingThread(RedisCaptureSettings settings, Store store, CommandTable table) {
      capture = new RedisCapture(settings, store, table);
      thread =
          new Thread(
              () -> {
                try {
                  capture.run();
                } catch (IOException | RuntimeException | Error e) {
                  failure = e;
                }
              },
              "capture-test");
      thread.start();
    }

    void failIfEnded() {
      if (failure != null) {
        throw new IllegalStateException("the capture failed", failure);
      }
    }

    Throwable awaitFailure() throws InterruptedException {
      thread.join(TIMEOUT.toMillis());
      return failure;
    }

    void stop() throws InterruptedException {
      capture.stop();
      thread.join(TIMEOUT.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
  }
}
