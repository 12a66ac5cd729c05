package io.replicator.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class InMemorySinkTest {
  private static final Epoch EPOCH = new Epoch(7);
  private static final Feed FEED =
      new Feed(0, new FeedKey("0", "all"), QosLevel.REALTIME, KeyFilter.ALL);

  private final InMemorySink sink = new InMemorySink();

  @Test
  void shouldRemoveAtTheEndOfALoadWhatTheLoadDidNotBring() {
    apply(load(Cursor.NOTHING, new Cursor.At(EPOCH, 5), string("a"), string("b"), hash("c")));
    apply(
        delta(5, 6, new VersionedRecord.Field(key("c"), DataType.HASH, key("f"), key("1"), 6, 3)));

    var middle = new Cursor.Loading(EPOCH, 9, key("b"));
    apply(load(Cursor.NOTHING, middle, string("b")));
    assertThat(sink.content("0")).containsOnlyKeys(key("a"), key("b"), key("c"));
    apply(load(middle, new Cursor.At(EPOCH, 9), hash("c")));

    assertThat(sink.content("0")).containsOnlyKeys(key("b"), key("c"));
    assertThat(sink.content("0").get(key("c")).fields()).isEmpty();
  }

  @Test
  void shouldRejectABatchThatDoesNotBeginAtTheCursorHeld() {
    apply(load(Cursor.NOTHING, new Cursor.At(EPOCH, 5), string("a")));

    assertThatThrownBy(() -> apply(delta(6, 7, string("b"))))
        .hasRootCauseInstanceOf(IllegalStateException.class);
    assertThat(sink.violations()).hasSize(1);
  }

  @Test
  void shouldRejectAnApplyThatOverlapsAnother() {
    sink.holdApplies();
    CompletableFuture<?> first =
        sink.apply(FEED, List.of(load(Cursor.NOTHING, new Cursor.At(EPOCH, 5))))
            .toCompletableFuture();

    assertThatThrownBy(() -> apply(delta(5, 6))).hasRootCauseInstanceOf(RuntimeException.class);

    sink.releaseApplies();
    first.join();
    assertThat(sink.violations()).hasSize(1);
  }

  @Test
  void shouldHoldWhatItAppliedBeforeAFailureThatCameAfter() {
    sink.failAfterNextApply(new IllegalStateException("connection lost"));

    assertThatThrownBy(() -> apply(load(Cursor.NOTHING, new Cursor.At(EPOCH, 5), string("a"))))
        .hasRootCauseMessage("connection lost");

    assertThat(sink.cursorsHeld()).containsEntry(FEED.key(), new Cursor.At(EPOCH, 5));
    assertThat(sink.content("0")).containsOnlyKeys(key("a"));
  }

  private void apply(Batch batch) {
    sink.apply(FEED, List.of(batch)).toCompletableFuture().join();
  }

  private static Batch load(Cursor from, Cursor to, VersionedRecord... records) {
    return new Batch(from, to, to instanceof Cursor.At, false, List.of(records));
  }

  private static Batch delta(long from, long to, VersionedRecord... records) {
    return new Batch(
        new Cursor.At(EPOCH, from), new Cursor.At(EPOCH, to), true, false, List.of(records));
  }

  private static VersionedRecord string(String key) {
    return new VersionedRecord.Header(key(key), DataType.STRING, key("v"), 0, true, 1, 1);
  }

  private static VersionedRecord hash(String key) {
    return new VersionedRecord.Header(key(key), DataType.HASH, Bytes.EMPTY, 0, true, 3, 3);
  }

  private static Bytes key(String text) {
    return Bytes.utf8(text);
  }
}
