package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What random commands against a real server hardly reach. */
final class CommandInterpreterTest {
  private static final int LIMIT = 100;

  private final CommandTable table = CommandTable.ofRedis();
  private final MemoryStore store = new MemoryStore();
  private final DivergentKeys divergent = new DivergentKeys();
  private final Unsupported unsupported = new Unsupported();
  private CommandInterpreter interpreter;
  private long offset;

  @BeforeEach
  void capture() {
    Map<Integer, CapturedDatabase> databases = new TreeMap<>();
    for (int number : List.of(0, 1)) {
      databases.put(
          number,
          new CapturedDatabase(number, store.keyspace("" + number), LIMIT, divergent, unsupported));
    }
    interpreter = new CommandInterpreter(databases, divergent, unsupported, (one, other) -> {});
  }

  @Test
  void shouldFindCommandsInAnyCase() {
    assertThat(table.find(Bytes.utf8("zAdd")).name()).isEqualTo(Bytes.utf8("ZADD"));
    assertThat(table.find(Bytes.utf8("ZADDX"))).isNull();
    assertThat(table.find(Bytes.EMPTY)).isNull();
  }

  @Test
  void shouldReadAgainWhatDoesNotFitTheStoredState() throws IOException {
    run("SET", "k", "text");
    run("INCR", "k");
    run("LPUSH", "k", "x");
    run("LINSERT", "missing", "BEFORE", "a", "b");
    assertThat(divergent.staleKeys()).extracting(k -> k.key().asUtf8()).contains("k", "missing");
    assertThat(unsupported.counts()).containsKey("command that did not fit the stored state");
  }

  @Test
  void shouldTrimAStreamThatBeginsAnewWithSmallerIds() throws IOException {
    for (int i = 10; i < 20; i++) {
      run("XADD", "s", "MAXLEN", "=", "3", i + "-0", "n", "v");
    }
    assertThat(entries("s")).containsExactly(17L, 18L, 19L);
    run("XTRIM", "s", "MINID", "=", "19-0");
    assertThat(entries("s")).containsExactly(19L);

    run("XADD", "other", "1-0", "n", "v");
    run("XADD", "other", "2-0", "n", "v");
    run("RENAME", "other", "s");
    run("XTRIM", "s", "MAXLEN", "=", "1");
    assertThat(entries("s")).containsExactly(2L);

    run("DEL", "s");
    for (int i = 1; i < 5; i++) {
      run("XADD", "s", "MAXLEN", "=", "2", i + "-0", "n", "v");
    }
    assertThat(entries("s")).containsExactly(3L, 4L);
  }

  private List<Long> entries(String key) {
    return store.snapshot("0").get(Bytes.utf8(key)).fields().keySet().stream()
        .map(StreamIds::ms)
        .toList();
  }

  @Test
  void shouldReadAgainWhatABitOperationOfALaterServerMakes() throws IOException {
    run("SET", "a", "\u0003");
    run("SET", "b", "\u0001");
    run("BITOP", "and", "and", "a", "b");
    run("BITOP", "or", "or", "a", "b");
    assertThat(string("and")).isEqualTo("\u0001");
    assertThat(string("or")).isEqualTo("\u0003");
    for (String operation : List.of("DIFF", "DIFF1", "ANDOR", "ONE")) {
      run("BITOP", operation, operation, "a", "b");
    }
    assertThat(divergent.staleKeys())
        .extracting(k -> k.key().asUtf8())
        .contains("DIFF", "DIFF1", "ANDOR", "ONE")
        .doesNotContain("and", "or");
  }

  @Test
  void shouldPassOverCommandsThatAreInTheReadStateAlready() throws IOException {
    run("PFADD", "k", "a");
    var key = new DivergentKeys.DatabaseKey(0, Bytes.utf8("k"));
    store.keyspace("0").putValue(key.key(), DataType.STRING, Bytes.utf8("read"), 0);
    divergent.wasRead(key, offset + 2);
    run("APPEND", "k", "1");
    run("DEL", "k");
    assertThat(string("k")).isEqualTo("read");
    divergent.passed(offset);
    assertThat(divergent.none()).isTrue();
    run("APPEND", "k", "3");
    assertThat(string("k")).isEqualTo("read3");
  }

  @Test
  void shouldReadAgainEveryKeyOfACommandThatNamesOneReadLater() throws IOException {
    run("SADD", "a", "1");
    run("SADD", "b", "2");
    run("PFADD", "a", "x");
    run("SUNIONSTORE", "c", "a", "b");
    assertThat(divergent.staleKeys())
        .extracting(k -> k.key().asUtf8())
        .containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void shouldNotLetAFlushRemoveWhatWasReadLater() throws IOException {
    run("PFADD", "k", "a");
    divergent.wasRead(new DivergentKeys.DatabaseKey(0, Bytes.utf8("k")), offset + 100);
    run("FLUSHALL");
    assertThat(divergent.staleKeys()).hasSize(1);
  }

  @Test
  void shouldWithholdWhatGrowsOverTheLimitUntilItIsReplaced() throws IOException {
    run("SET", "k", "x".repeat(LIMIT));
    run("APPEND", "k", "x");
    assertThat(store.snapshot("0")).isEmpty();
    run("APPEND", "k", "x");
    assertThat(divergent.anyStale()).isFalse();
    run("INCR", "k");
    assertThat(divergent.anyStale()).isTrue();
    divergent.wasRead(new DivergentKeys.DatabaseKey(0, Bytes.utf8("k")), offset);
    run("SET", "k", "1");
    run("INCR", "k");
    assertThat(string("k")).isEqualTo("2");
    assertThat(unsupported.counts()).containsEntry("value over the limit", 1L);
  }

  @Test
  void shouldReadAgainAnyAbsentKeyOnceTooManyAreWithheld() throws IOException {
    for (int i = 0; i <= DivergentKeys.WITHHELD_MAX; i++) {
      divergent.withhold(0, Bytes.utf8("k" + i));
    }
    run("SET", "there", "1");
    run("INCR", "there");
    run("INCR", "absent");
    assertThat(divergent.staleKeys()).extracting(k -> k.key().asUtf8()).containsExactly("absent");
  }

  @Test
  void shouldNeverCaptureKeysOfTheProductItself() throws IOException {
    run("SET", "replicator:a", "1");
    run("MSET", "replicator:b", "1", "c", "2");
    run("HSET", "replicator:h", "f", "v");
    run("PFADD", "replicator:p", "v");
    run("RENAME", "c", "replicator:c");
    assertThat(store.snapshot("0")).containsOnlyKeys(Bytes.utf8("c"));
    assertThat(divergent.staleKeys()).extracting(k -> k.key().asUtf8()).containsExactly("c");
  }

  @Test
  void shouldForgetTheExpiryOfACollectionThatLostItsLastField() throws IOException {
    run("HSET", "h", "a", "1");
    run("PEXPIREAT", "h", "4102444800000");
    run("HDEL", "h", "a");
    run("HSET", "h", "b", "1");
    assertThat(store.snapshot("0").get(Bytes.utf8("h")).expiresAtMs()).isZero();
  }

  @Test
  void shouldReadAgainAStreamThatIsFilledAfterItLostItsEntries() throws IOException {
    run("XADD", "x", "1-1", "n", "v");
    run("PEXPIREAT", "x", "4102444800000");
    run("XDEL", "x", "1-1");
    run("XADD", "x", "1-2", "n", "v");
    assertThat(divergent.staleKeys()).extracting(k -> k.key().asUtf8()).containsExactly("x");
  }

  @Test
  void shouldAskForASnapshotWhenADatabaseIsSwappedWithOneThatIsNotCaptured() {
    assertThatThrownBy(() -> run("SWAPDB", "1", "9")).isInstanceOf(ResyncRequiredException.class);
  }

  @Test
  void shouldKeepACheckpointWithAllThatDiverges() throws IOException {
    divergent.withhold(1, Bytes.utf8("large"));
    run("PFADD", "p", "x");
    var checkpoint = Checkpoint.of("id", 123, 1, java.util.Set.of(0, 1), divergent);
    assertThat(Checkpoint.decode(checkpoint.encode())).isEqualTo(checkpoint);
    assertThat(Checkpoint.decode(Bytes.EMPTY)).isNull();
  }

  private void run(String... args) throws IOException {
    Bytes[] bytes = Stream.of(args).map(Bytes::utf8).toArray(Bytes[]::new);
    interpreter.execute(new Command(bytes, ++offset, 0), table.find(bytes[0]));
  }

  private String string(String key) {
    return store.snapshot("0").get(Bytes.utf8(key)).value().asUtf8();
  }
}
