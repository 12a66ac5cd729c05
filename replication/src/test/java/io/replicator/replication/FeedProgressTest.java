package io.replicator.replication;

import static io.replicator.replication.Batches.at;
import static io.replicator.replication.Batches.between;
import static io.replicator.replication.Batches.delta;
import static io.replicator.replication.Batches.loading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class FeedProgressTest {
  private final FeedProgress progress = new FeedProgress(at(10), 1000);

  @Example
  void shouldPullFromWhereTheLastBatchEndedAndResumeFromWhatIsApplied() {
    assertThat(progress.pullCursor()).isEqualTo(at(10));
    assertThat(sent(progress, delta(10, 15, false), 100, 0)).isEqualTo(1);
    assertThat(sent(progress, delta(15, 20, true), 100, 0)).isEqualTo(2);
    assertThat(progress.pullCursor()).isEqualTo(at(20));
    assertThat(progress.appliedCursor()).isEqualTo(at(10));
    progress.applied(1);
    assertThat(progress.appliedVersion()).isEqualTo(15);
    assertThat(progress.isLive()).isFalse();
    progress.applied(2);
    assertThat(progress.appliedCursor()).isEqualTo(at(20));
    assertThat(progress.isLive()).isTrue();
    assertThat(progress.appliedRecords()).isEqualTo(2);
  }

  @Example
  void shouldStopPullingWhenTheCreditIsUsedButAlwaysAllowOneBatch() {
    assertThat(progress.mayPull(0)).isTrue();
    sent(progress, delta(10, 15, false), 5_000, 0);
    assertThat(progress.mayPull(1_000)).isFalse();
    assertThat(progress.mayPull(5_001)).isTrue();
    progress.taken(1);
    assertThat(progress.untakenBytes()).isZero();
    assertThat(progress.mayPull(0)).isTrue();
  }

  @Example
  void shouldBoundTheBatchesThatAreTakenButNotApplied() {
    var bounded = new FeedProgress(at(0), 2);
    sent(bounded, delta(0, 1, false), 1, 0);
    sent(bounded, delta(1, 2, false), 1, 0);
    bounded.taken(2);
    assertThat(bounded.mayPull(1_000)).isFalse();
    bounded.applied(1);
    assertThat(bounded.mayPull(1_000)).isTrue();
  }

  @Example
  void shouldCountAnAppliedBatchAsTaken() {
    sent(progress, delta(10, 15, false), 100, 0);
    sent(progress, delta(15, 20, false), 70, 0);
    progress.applied(1);
    assertThat(progress.takenBatch()).isEqualTo(1);
    assertThat(progress.untakenBytes()).isEqualTo(70);
  }

  @Example
  void shouldTellTheAgeOfTheOldestBatchThatIsNotApplied() {
    assertThat(progress.lagMs(1_000)).isZero();
    sent(progress, delta(10, 15, false), 1, 1_000);
    sent(progress, delta(15, 20, false), 1, 1_500);
    assertThat(progress.lagMs(1_600)).isEqualTo(600);
    progress.applied(1);
    assertThat(progress.lagMs(1_600)).isEqualTo(100);
    progress.applied(2);
    assertThat(progress.lagMs(9_999)).isZero();
  }

  @Example
  void shouldKnowThatALoadIsUnderWayUntilItsEndIsApplied() {
    var fresh = new FeedProgress(Cursor.NOTHING, 10);
    assertThat(fresh.isLoading()).isTrue();
    sent(fresh, between(Cursor.NOTHING, loading(9, "m"), false), 1, 0);
    sent(fresh, between(loading(9, "m"), at(9), false), 1, 0);
    fresh.applied(1);
    assertThat(fresh.appliedCursor()).isEqualTo(loading(9, "m"));
    assertThat(fresh.appliedVersion()).isZero();
    assertThat(fresh.isLoading()).isTrue();
    fresh.applied(2);
    assertThat(fresh.isLoading()).isFalse();
    sent(fresh, between(Cursor.NOTHING, loading(30, "a"), false), 1, 0);
    assertThat(fresh.isLoading()).as("a reset load").isTrue();
  }

  @Example
  void shouldRefuseAcknowledgementsBeyondWhatWasSentOrBackwards() {
    sent(progress, delta(10, 15, false), 1, 0);
    sent(progress, delta(15, 20, false), 1, 0);
    assertThatThrownBy(() -> progress.taken(3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch 3 taken, allowed are 0 to 2");
    progress.applied(2);
    assertThatThrownBy(() -> progress.applied(1)).hasMessage("batch 1 applied, allowed are 2 to 2");
    assertThatThrownBy(() -> progress.taken(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Example
  void shouldRefuseABatchThatLeavesAGapOrGoesBack() {
    assertThatThrownBy(() -> sent(progress, delta(11, 12, true), 1, 0))
        .hasMessageContaining("does not continue");
    assertThatThrownBy(() -> sent(progress, delta(10, 9, true), 1, 0))
        .hasMessageContaining("goes back");
  }

  /** Any order of valid events keeps 0 <= applied <= taken <= sent and exact byte counts. */
  @Property(tries = 500)
  void countsStayExactWhateverTheOrderOfEvents(
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 299) Integer> events) {
    var feed = new FeedProgress(at(0), 50);
    var blocks = new ArrayList<Integer>();
    for (int event : events) {
      int amount = event / 3;
      switch (event % 3) {
        case 0 -> {
          if (feed.mayPull(500)) {
            long version = feed.sentBatch();
            sent(feed, delta(version, version + 1, false), amount, 0);
            blocks.add(amount);
          }
        }
        case 1 -> feed.taken(Math.min(feed.sentBatch(), feed.takenBatch() + amount % 4));
        default -> feed.applied(Math.min(feed.sentBatch(), feed.appliedBatch() + amount % 4));
      }
      assertThat(feed.appliedBatch()).isBetween(0L, feed.takenBatch());
      assertThat(feed.takenBatch()).isLessThanOrEqualTo(feed.sentBatch());
      assertThat(feed.untakenBytes())
          .isEqualTo(
              blocks.subList((int) feed.takenBatch(), blocks.size()).stream()
                  .mapToLong(Integer::longValue)
                  .sum());
      assertThat(feed.unappliedBatches())
          .isEqualTo((int) (feed.sentBatch() - feed.appliedBatch()))
          .isLessThanOrEqualTo(50);
      assertThat(feed.appliedCursor()).isEqualTo(at(feed.appliedBatch()));
      assertThat(feed.untakenBytes()).isLessThan(500 + 100);
    }
  }

  private static long sent(FeedProgress progress, Batch batch, int blockBytes, long pulledAtMs) {
    return progress.sent(
        batch.from(), batch.to(), blockBytes, batch.records().size(), batch.frontier(), pulledAtMs);
  }
}
