package io.replicator.streams.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.streams.DictionaryTrainer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Work begins when the test says so: the executor is a queue. */
class SharedBlocksTest {
  private static final Cursor AT_0 = new Cursor.At(LogDatabase.EPOCH, 0);
  private static final Cursor AT_1 = new Cursor.At(LogDatabase.EPOCH, 1);

  private final LogStore store = new LogStore();
  private final LogDatabase database = store.database("0");
  private final Queue<Runnable> work = new ArrayDeque<>();
  private final Dictionaries dictionaries = new Dictionaries(store, work::add, 3);
  private final SharedBlocks blocks =
      new SharedBlocks(work::add, SessionSettings.DEFAULT, dictionaries);

  @Test
  void shouldPullOnceForAllThatAskForTheSamePlace() {
    database.set("a", "1");
    database.set("b", "2");

    var first = pull(AT_1);
    var second = pull(AT_1);
    runAll();
    var later = pull(AT_1);

    assertThat(database.pulls).hasValue(1);
    assertThat(second.join()).isSameAs(first.join());
    assertThat(later.join()).isSameAs(first.join());
  }

  @Test
  void shouldNotTakeChangesOfOtherKeysForMergedOnes() {
    for (int i = 0; i < 10; i++) {
      database.set("other" + i, "1");
    }
    database.set("a", "1");
    for (int i = 0; i < 11; i++) {
      database.set("b", "" + i);
    }
    var a = new KeyFilter(List.of(KeyGlob.of("a")), List.of());

    var all = blocks.pull(new SharedBlocks.Place(database, KeyFilter.ALL, AT_0, 65_536, false));
    var one = blocks.pull(new SharedBlocks.Place(database, a, AT_0, 65_536, false));
    runAll();

    // 22 changes, of which 12 are left; a's share of them is a twelfth.
    assertThat(all.toCompletableFuture().join().versions()).isEqualTo(22);
    assertThat(one.toCompletableFuture().join().versions()).isEqualTo(2);
  }

  @Test
  void shouldNotShareBetweenPlacesOrFilters() {
    database.set("a", "1");
    database.set("b", "2");
    var filter = new KeyFilter(List.of(KeyGlob.of("a*")), List.of());

    var all = pull(Cursor.NOTHING);
    var later = pull(AT_1);
    var some =
        blocks
            .pull(new SharedBlocks.Place(database, filter, Cursor.NOTHING, 65_536, false))
            .toCompletableFuture();
    runAll();

    assertThat(all.join().records()).isEqualTo(2);
    assertThat(later.join().records()).isEqualTo(1);
    assertThat(some.join().records()).isEqualTo(1);
  }

  @Test
  void shouldSeeAChangeWhenPullingAgainAndShareThatFromThenOn() {
    database.set("a", "1");
    var old = pull(AT_1);
    runAll();
    database.set("b", "2");
    assertThat(pull(AT_1).join()).isSameAs(old.join());

    var fresh =
        blocks
            .pullAgain(new SharedBlocks.Place(database, KeyFilter.ALL, AT_1, 65_536, false))
            .toCompletableFuture();
    runAll();

    assertThat(fresh.join().records()).isEqualTo(1);
    assertThat(pull(AT_1).join()).isSameAs(fresh.join());
  }

  @Test
  void shouldNotRememberAPullThatFailed() {
    database.set("a", "1");
    database.failNextPull(new IllegalStateException("disk"));

    var failed = pull(AT_1);
    runAll();
    assertThat(failed).isCompletedExceptionally();
    var again = pull(AT_1);
    runAll();

    assertThat(again.join().to()).isEqualTo(AT_1);
  }

  @Test
  void shouldUseADictionaryOnlyForSessionsThatMayBeHandedIt() {
    for (int i = 0; i < 4_000; i++) {
      String value = "{\"id\":" + i + ",\"symbol\":\"EURUSD\",\"bid\":1.07" + i % 97 + "}";
      database.set("quote:" + i, value.repeat(2).getBytes(StandardCharsets.UTF_8));
      pull(new Cursor.At(LogDatabase.EPOCH, i));
      runAll();
    }
    assertThat(dictionaries.bytes("0")).isBetween(1, DictionaryTrainer.DICTIONARY_BYTES_DEFAULT);
    Cursor from = new Cursor.At(LogDatabase.EPOCH, database.head() - 1);

    var without =
        blocks
            .pullAgain(new SharedBlocks.Place(database, KeyFilter.ALL, from, 65_536, false))
            .toCompletableFuture();
    var with =
        blocks
            .pull(new SharedBlocks.Place(database, KeyFilter.ALL, from, 65_536, true))
            .toCompletableFuture();
    runAll();

    assertThat(without.join().dictionaryId()).isZero();
    assertThat(pull(from).join()).isSameAs(without.join());
    int id = with.join().dictionaryId();
    assertThat(with.join().block().length()).isLessThan(without.join().block().length());
    // What was trained is handed out, and kept for the next start of the hub.
    Bytes kept = store.attachment("dictionary/0");
    assertThat(dictionaries.frame("0", id).getDictionary().getContent().toByteArray())
        .isEqualTo(kept.toArray());
    assertThat(new Dictionaries(store, work::add, 3).bytes("0")).isEqualTo(kept.length());
  }

  private CompletableFuture<EncodedBatch> pull(Cursor from) {
    return blocks
        .pull(new SharedBlocks.Place(database, KeyFilter.ALL, from, 65_536, false))
        .toCompletableFuture();
  }

  private void runAll() {
    while (!work.isEmpty()) {
      work.remove().run();
    }
  }
}
