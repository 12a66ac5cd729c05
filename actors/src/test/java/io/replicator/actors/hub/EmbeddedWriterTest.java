package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome.Mismatch;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome.Written;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Database;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.PullLimits;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreException;
import io.replicator.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes of databases that the hub owns; timers and the clock are the test's. */
class EmbeddedWriterTest {
  private static final ActorTestKit KIT = ActorTestKit.create(ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(KIT.system());
  private static final WriteQueue.Bounds BOUNDS = new WriteQueue.Bounds(100, 1 << 20, 50, 1 << 16);
  private static final String QUOTES = "quotes";

  @TempDir Path directory;
  private StoreSettings settings;
  private RocksStore store;
  private Database quotes;
  private WriteQueue writes;
  private ActorRef<EmbeddedWriter.Command> writer;
  private final AtomicLong nowMs = new AtomicLong(1_000_000);

  @BeforeEach
  void open() {
    settings = new StoreSettings(directory, Duration.ofDays(1), 1 << 20, 1_000, 1 << 20, 8 << 20);
    store = RocksStore.open(settings);
    quotes = store.database(QUOTES);
    writes = new WriteQueue(Set.of(QUOTES, "prices"), EntryLimits.of(settings), BOUNDS);
  }

  @AfterEach
  void close() {
    if (writer != null) {
      KIT.stop(writer);
    }
    store.close();
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  private void start() {
    writer =
        KIT.spawn(
            EmbeddedWriter.create(store, Set.of(QUOTES, "prices"), writes, nowMs::get),
            EmbeddedWriter.props());
  }

  private static Entry string(String key, String value) {
    return string(key, value, 0);
  }

  private static Entry string(String key, String value, long expiresAtMs) {
    return new Entry(Bytes.utf8(key), DataType.STRING, Bytes.utf8(value), Map.of(), expiresAtMs);
  }

  private static Entry hash(String key, Map<String, String> fields) {
    Map<Bytes, Bytes> bytes = new HashMap<>();
    fields.forEach((field, value) -> bytes.put(Bytes.utf8(field), Bytes.utf8(value)));
    return new Entry(Bytes.utf8(key), DataType.HASH, Bytes.EMPTY, bytes, 0);
  }

  private CompletionStage<Outcome> put(String key, String value) {
    return writes.put(QUOTES, string(key, value), EmbeddedDatabases.ANY);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Written written(CompletionStage<Outcome> stage) throws Exception {
    return (Written) get(stage);
  }

  private String value(String key) {
    KeyFilter filter = new KeyFilter(List.of(KeyGlob.literal(Bytes.utf8(key))), List.of());
    try (DatabaseSnapshot snapshot = quotes.snapshot()) {
      List<VersionedRecord> records =
          snapshot.pull(Cursor.NOTHING, filter, PullLimits.DEFAULT).records();
      return records.isEmpty()
          ? null
          : ((VersionedRecord.Header) records.get(0)).value().toString();
    }
  }

  @Test
  void shouldAnswerWithTheVersionAndTheCursorThatHasIt() throws Exception {
    start();
    Written first = written(put("a", "1"));
    assertThat(first.existed()).isFalse();
    assertThat(first.version()).isEqualTo(1);
    assertThat(first.cursor()).isEqualTo(new Cursor.At(store.epoch(), 1));
    Written second = written(put("a", "2"));
    assertThat(second.existed()).isTrue();
    assertThat(second.version()).isEqualTo(2);
    Written gone = written(writes.delete(QUOTES, Bytes.utf8("a"), EmbeddedDatabases.ANY));
    assertThat(gone).isEqualTo(new Written(true, 0, new Cursor.At(store.epoch(), 3)));
    Written again = written(writes.delete(QUOTES, Bytes.utf8("a"), EmbeddedDatabases.ANY));
    assertThat(again).isEqualTo(new Written(false, 0, new Cursor.At(store.epoch(), 3)));
    assertThat(value("a")).isNull();
  }

  @Test
  void shouldMakeNoVersionForTheSameValue() throws Exception {
    start();
    long version = written(put("a", "1")).version();
    assertThat(written(put("a", "1")).version()).isEqualTo(version);
    Entry hash = hash("h", Map.of("f", "1", "g", "2"));
    long made = written(writes.put(QUOTES, hash, EmbeddedDatabases.ABSENT)).version();
    long head = quotes.head();
    assertThat(made).isEqualTo(head);
    assertThat(written(writes.put(QUOTES, hash, made)).version()).isEqualTo(made);
    assertThat(quotes.head()).isEqualTo(head);
  }

  @Test
  void shouldWriteOnlyWhatIsExpected() throws Exception {
    start();
    long version = written(put("a", "1")).version();
    Entry changed = string("a", "2");
    assertThat(get(writes.put(QUOTES, changed, EmbeddedDatabases.ABSENT)))
        .isEqualTo(new Mismatch(version));
    assertThat(get(writes.put(QUOTES, changed, version + 1))).isEqualTo(new Mismatch(version));
    assertThat(get(writes.delete(QUOTES, Bytes.utf8("a"), version + 1)))
        .isEqualTo(new Mismatch(version));
    assertThat(value("a")).isEqualTo("1");
    assertThat(get(writes.put(QUOTES, changed, version))).isInstanceOf(Written.class);
    assertThat(get(writes.put(QUOTES, string("b", "1"), 7))).isEqualTo(new Mismatch(0));
    assertThat(get(writes.put(QUOTES, string("b", "1"), EmbeddedDatabases.ABSENT)))
        .isInstanceOf(Written.class);
  }

  @Test
  void shouldLetOneOfManyThatExpectTheSameWin() throws Exception {
    long version;
    start();
    version = written(put("a", "0")).version();
    List<CompletionStage<Outcome>> rivals = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      rivals.add(writes.put(QUOTES, string("a", "rival" + i), version));
    }
    int won = 0;
    for (CompletionStage<Outcome> rival : rivals) {
      won += get(rival) instanceof Written ? 1 : 0;
    }
    assertThat(won).isEqualTo(1);
    assertThat(value("a")).isEqualTo("rival1");
  }

  @Test
  void shouldGiveAKeyANewerVersionWhenAFieldIsTakenAway() throws Exception {
    start();
    long two =
        written(writes.put(QUOTES, hash("h", Map.of("f", "1", "g", "2")), EmbeddedDatabases.ANY))
            .version();
    long one = written(writes.put(QUOTES, hash("h", Map.of("f", "1")), two)).version();
    assertThat(one).isGreaterThan(two).isEqualTo(quotes.head());
    store.dropTombstones(System.currentTimeMillis() + Duration.ofDays(2).toMillis());
    assertThat(quotes.stats().tombstones()).isZero();
    try (DatabaseSnapshot snapshot = quotes.snapshot()) {
      assertThat(snapshot.version(Bytes.utf8("h"))).isEqualTo(one);
    }
  }

  @Test
  void shouldWriteInTheOrderOfTheCallsAndTogetherWhatWaited() throws Exception {
    AtomicInteger flushes = new AtomicInteger();
    List<CompletionStage<Outcome>> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(put("a", String.valueOf(i)));
    }
    quotes.onHeadMoved(flushes::incrementAndGet);
    start();
    long last = 0;
    for (CompletionStage<Outcome> one : all) {
      long version = written(one).version();
      assertThat(version).isGreaterThan(last);
      last = version;
    }
    assertThat(value("a")).isEqualTo("39");
    assertThat(flushes).hasValue(1);
  }

  @Test
  void shouldWriteNoMoreAtOnceThanAGroup() throws Exception {
    AtomicInteger flushes = new AtomicInteger();
    List<CompletionStage<Outcome>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(put("k" + i, "v"));
    }
    quotes.onHeadMoved(flushes::incrementAndGet);
    start();
    for (CompletionStage<Outcome> one : all) {
      written(one);
    }
    assertThat(flushes).hasValue(2);
  }

  @Test
  void shouldAnswerNothingBeforeItIsWritten() throws Exception {
    start();
    written(put("first", "1"));
    Semaphore go = new Semaphore(0);
    quotes.onHeadMoved(go::acquireUninterruptibly);
    CompletionStage<Outcome> held = put("a", "1");
    assertThatThrownBy(() -> held.toCompletableFuture().get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    go.release(1_000);
    written(held);
  }

  @Test
  void shouldRefuseAtOnceWhatIsTooMuch() throws Exception {
    List<CompletionStage<Outcome>> taken = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      taken.add(put("k" + i, "v"));
    }
    assertThatThrownBy(() -> get(put("more", "v")))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            WriteRefusedException.class,
            refused -> {
              assertThat(refused).hasMessageContaining("100 writes").hasMessageContaining("limits");
              assertThat(refused.retryAfter()).isPositive();
            });
    start();
    for (CompletionStage<Outcome> one : taken) {
      written(one);
    }
    written(put("more", "v"));
  }

  @Test
  void shouldRefuseAtOnceWhatIsTooLarge() {
    var small = new WriteQueue.Bounds(100, 2_000, 50, 1 << 16);
    var queue = new WriteQueue(Set.of(QUOTES), EntryLimits.of(settings), small);
    assertThat(queue.put(QUOTES, string("a", "v".repeat(1_000)), EmbeddedDatabases.ANY))
        .isNotDone();
    assertThat(queue.put(QUOTES, string("b", "v".repeat(1_000)), EmbeddedDatabases.ANY))
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(WriteRefusedException.class);
  }

  @Test
  void shouldSayWhatIsWrongWithAnEntry() {
    wrong(string("k", "v".repeat(1_001)), "1001", "1000");
    wrong(hash("k", Map.of()), "at least one field");
    wrong(hash("k", Map.of("f", "v".repeat(1_001))), "1001", "1000");
    wrong(string("k".repeat(600 << 10), "v"), "the key", String.valueOf(512 << 10));
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      many.put("f" + i, "v");
    }
    wrong(hash("k", many), "2000 fields", String.valueOf((1 << 20) / 4));
    wrong(
        new Entry(
            Bytes.utf8("z"),
            DataType.ZSET,
            Bytes.EMPTY,
            Map.of(Bytes.utf8("m"), Bytes.utf8("1")),
            0),
        "8 bytes");
    wrong(
        new Entry(
            Bytes.utf8("s"),
            DataType.STREAM,
            Bytes.EMPTY,
            Map.of(Bytes.wrap(new byte[16]), Bytes.utf8("v")),
            0),
        "0-0");
    wrong(new Entry(Bytes.utf8("l"), DataType.LIST, Bytes.EMPTY, Map.of(), 0), "empty list");
    assertThatThrownBy(() -> get(writes.put("5", string("k", "v"), EmbeddedDatabases.ANY)))
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("database 5")
        .hasMessageContaining(QUOTES);
    assertThatThrownBy(() -> get(writes.delete("5", Bytes.utf8("k"), EmbeddedDatabases.ANY)))
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThat(writes.isEmpty()).isTrue();
  }

  private void wrong(Entry entry, String... parts) {
    assertThatThrownBy(() -> get(writes.put(QUOTES, entry, EmbeddedDatabases.ANY)))
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .cause()
        .hasMessageContainingAll(parts);
  }

  @Test
  void shouldDeleteAKeyWhenItsTimeIsOverAndNotBefore() throws Exception {
    start();
    written(writes.put(QUOTES, string("a", "1", nowMs.get() + 5_000), EmbeddedDatabases.ANY));
    written(writes.put("prices", string("b", "1", nowMs.get() + 2_000), EmbeddedDatabases.ANY));
    pass(2_000);
    awaitKeys(store.database("prices"), 0);
    assertThat(quotes.stats().keys()).isEqualTo(1);
    pass(2_999);
    // An answer tells that the writer has been here since.
    written(put("c", "1"));
    assertThat(quotes.stats().keys()).isEqualTo(2);
    pass(1);
    awaitKeys(quotes, 1);
    assertThat(value("c")).isEqualTo("1");
  }

  private void pass(long ms) {
    nowMs.addAndGet(ms);
    TIME.timePasses(Duration.ofMillis(ms));
  }

  private void awaitKeys(Database database, long keys) {
    await().atMost(Duration.ofSeconds(10)).until(() -> database.stats().keys() == keys);
  }

  @Test
  void shouldTakeAKeyThatIsDueForAbsent() throws Exception {
    start();
    written(writes.put(QUOTES, string("a", "1", nowMs.get() + 50), EmbeddedDatabases.ANY));
    // The clock has moved, the timers have not: nobody has deleted the key yet.
    nowMs.addAndGet(50);
    assertThat(value("a")).isEqualTo("1");
    Written second = written(writes.put(QUOTES, string("a", "2"), EmbeddedDatabases.ABSENT));
    assertThat(second.existed()).isFalse();
    assertThat(value("a")).isEqualTo("2");
  }

  @Test
  void shouldDeleteWhatCameDueWhileNobodyRan() throws Exception {
    start();
    written(writes.put(QUOTES, string("a", "1", nowMs.get() + 50), EmbeddedDatabases.ANY));
    KIT.stop(writer);
    nowMs.addAndGet(100);
    writes = new WriteQueue(Set.of(QUOTES, "prices"), EntryLimits.of(settings), BOUNDS);
    start();
    written(put("b", "1"));
    TIME.timePasses(Duration.ofMillis(1));
    awaitKeys(quotes, 1);
  }

  @Test
  void shouldWriteWhatWaitsAndTakeNoMoreWhenItStops() throws Exception {
    List<CompletionStage<Outcome>> taken = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      taken.add(put("k" + i, "v"));
    }
    start();
    TestProbe<Object> probe = KIT.createTestProbe();
    writer.tell(new EmbeddedWriter.Stop());
    probe.expectTerminated(writer);
    for (CompletionStage<Outcome> one : taken) {
      written(one);
    }
    assertThat(quotes.stats().keys()).isEqualTo(100);
    assertThatThrownBy(() -> get(put("late", "v")))
        .hasCauseInstanceOf(WriteRefusedException.class)
        .hasMessageContaining("stopping");
    writer = null;
  }

  @Test
  void shouldRefuseEverythingOnceTheStoreFails() throws Exception {
    start();
    written(put("a", "1"));
    store.close();
    assertThatThrownBy(() -> get(put("b", "1")))
        .hasCauseInstanceOf(StoreException.class)
        .hasMessageContaining("no more writes");
    assertThatThrownBy(() -> get(put("c", "1"))).hasCauseInstanceOf(StoreException.class);
    KIT.stop(writer);
    writer = null;
  }

  @Test
  void shouldHaveWhatWasAnsweredAfterTheStoreIsOpenedAgain() throws Exception {
    start();
    Written answered = written(put("a", "1"));
    KIT.stop(writer);
    store.close();
    store = RocksStore.open(settings);
    quotes = store.database(QUOTES);
    writes = new WriteQueue(Set.of(QUOTES, "prices"), EntryLimits.of(settings), BOUNDS);
    start();
    assertThat(value("a")).isEqualTo("1");
    assertThat(get(writes.put(QUOTES, string("a", "2"), answered.version())))
        .isInstanceOf(Written.class);
  }
}
