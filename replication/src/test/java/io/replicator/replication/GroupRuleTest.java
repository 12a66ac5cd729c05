package io.replicator.replication;

import static io.replicator.replication.Batches.at;
import static io.replicator.replication.Batches.between;
import static io.replicator.replication.Batches.delta;
import static io.replicator.replication.Batches.loading;
import static io.replicator.replication.GroupRule.State.CATCHING_UP;
import static io.replicator.replication.GroupRule.State.LIVE;
import static io.replicator.replication.GroupRule.State.LOADING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class GroupRuleTest {
  private final GroupRule rule = new GroupRule(100);

  @Example
  void shouldApplyABatchThatIsAFrontierAtOnce() {
    Batch batch = delta(0, 5, true);
    assertThat(rule.state()).isEqualTo(CATCHING_UP);
    assertThat(rule.add(batch, 10)).containsExactly(batch);
    assertThat(rule.state()).isEqualTo(LIVE);
  }

  @Example
  void shouldApplyAGroupThatFitsInOneTransactionAndStayLiveMeanwhile() {
    rule.add(delta(0, 1, true), 10);
    Batch first = delta(1, 2, false);
    Batch second = delta(2, 3, false);
    Batch last = delta(3, 4, true);
    assertThat(rule.add(first, 40)).isEmpty();
    assertThat(rule.add(second, 40)).isEmpty();
    assertThat(rule.state()).isEqualTo(LIVE);
    assertThat(rule.waitingBytes()).isEqualTo(80);
    assertThat(rule.add(last, 20)).containsExactly(first, second, last);
    assertThat(rule.waitingBytes()).isZero();
  }

  @Example
  void shouldPassBatchesOneByOneOnceAGroupExceedsTheLimitUntilItsFrontier() {
    rule.add(delta(0, 1, true), 10);
    Batch first = delta(1, 2, false);
    Batch second = delta(2, 3, false);
    Batch third = delta(3, 4, false);
    Batch last = delta(4, 5, true);
    assertThat(rule.add(first, 60)).isEmpty();
    assertThat(rule.add(second, 60)).containsExactly(first, second);
    assertThat(rule.state()).isEqualTo(CATCHING_UP);
    assertThat(rule.add(third, 1)).containsExactly(third);
    assertThat(rule.state()).isEqualTo(CATCHING_UP);
    assertThat(rule.add(last, 1)).containsExactly(last);
    assertThat(rule.state()).isEqualTo(LIVE);
    assertThat(rule.add(delta(5, 6, false), 60)).as("a new group waits again").isEmpty();
  }

  @Example
  void shouldApplyASmallLoadTogetherWithTheDeltaThatCompletesIt() {
    Batch load = between(Cursor.NOTHING, loading(9, "m"), false);
    Batch end = between(loading(9, "m"), at(9), false);
    Batch delta = delta(9, 12, true);
    assertThat(rule.add(load, 30)).isEmpty();
    assertThat(rule.state()).isEqualTo(LOADING);
    assertThat(rule.add(end, 30)).isEmpty();
    assertThat(rule.state()).isEqualTo(CATCHING_UP);
    assertThat(rule.add(delta, 30)).containsExactly(load, end, delta);
    assertThat(rule.state()).isEqualTo(LIVE);
  }

  @Example
  void shouldApplyALoadThatBeginsAnewWithoutWhatWaitedBeforeIt() {
    rule.add(delta(0, 1, true), 10);
    rule.add(delta(1, 2, false), 90);
    Batch load = between(Cursor.NOTHING, loading(9, "m"), false);
    Batch end = between(loading(9, "m"), at(9), true);
    assertThat(rule.add(load, 90)).isEmpty();
    assertThat(rule.waitingBytes()).isEqualTo(90);
    assertThat(rule.add(end, 10)).containsExactly(load, end);
  }

  @Example
  void shouldReportALargeLoadAsSuchUntilTheFrontierThatFollowsIt() {
    rule.add(between(Cursor.NOTHING, loading(9, "a"), false), 101);
    assertThat(rule.state()).isEqualTo(LOADING);
    rule.add(between(loading(9, "a"), loading(9, "m"), false), 101);
    assertThat(rule.state()).isEqualTo(LOADING);
    rule.add(between(loading(9, "m"), at(9), false), 101);
    assertThat(rule.state()).isEqualTo(CATCHING_UP);
    rule.add(delta(9, 9, true), 0);
    assertThat(rule.state()).isEqualTo(LIVE);
  }

  @Example
  void shouldAcceptALoadThatBeginsAnewAndRefuseAGap() {
    rule.add(delta(3, 5, true), 10);
    rule.add(between(Cursor.NOTHING, loading(9, "a"), false), 10);
    assertThatThrownBy(() -> rule.add(delta(9, 10, true), 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not continue");
  }

  @Property(tries = 500)
  void everyBatchIsAppliedOnceInOrderAndGroupsThatFitAreWhole(
      @ForAll @Size(max = 100) List<@IntRange(min = 0, max = 79) Integer> codes) {
    var groups = new GroupRule(100);
    var added = new ArrayList<Batch>();
    var applied = new ArrayList<Batch>();
    long groupBytes = 0;
    for (int code : codes) {
      boolean frontier = code % 4 == 0;
      int size = code;
      Batch batch = delta(added.size(), added.size() + 1, frontier);
      added.add(batch);
      groupBytes += size;
      List<Batch> due = groups.add(batch, size);
      applied.addAll(due);
      assertThat(groups.waitingBytes()).isLessThanOrEqualTo(100);
      assertThat(due.isEmpty()).isEqualTo(!frontier && groupBytes <= 100);
      if (frontier) {
        assertThat(applied).isEqualTo(added);
        assertThat(groups.state()).isEqualTo(LIVE);
        groupBytes = 0;
      } else if (!due.isEmpty()) {
        assertThat(groups.state()).isEqualTo(CATCHING_UP);
      }
    }
    assertThat(applied).isEqualTo(added.subList(0, applied.size()));
  }
}
