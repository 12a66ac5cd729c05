package io.replicator.replication;

import static io.replicator.replication.QosLevel.HIGH;
import static io.replicator.replication.QosLevel.IDLE;
import static io.replicator.replication.QosLevel.LOW;
import static io.replicator.replication.QosLevel.REALTIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class LaneSchedulerTest {
  private static final int CHUNK = 1024;

  private final LaneScheduler scheduler = new LaneScheduler(0.05);

  @Example
  void shouldGiveALoneLaneEverything() {
    for (QosLevel level : QosLevel.values()) {
      for (int i = 0; i < 100; i++) {
        assertThat(send(CHUNK, level)).isEqualTo(level);
      }
    }
  }

  @Example
  void shouldLetAnUrgentChunkGoBeforeBulkHoweverLongBulkWasAlone() {
    for (int i = 0; i < 10_000; i++) {
      send(CHUNK, IDLE);
    }
    assertThat(send(CHUNK, REALTIME, IDLE)).isEqualTo(REALTIME);
  }

  @Example
  void shouldNotSaveUpWhatALaneIsOwedWhileItHasNothingToSend() {
    for (int i = 0; i < 10_000; i++) {
      send(CHUNK, REALTIME, LOW);
      send(CHUNK, REALTIME);
    }
    int lowInARow = 0;
    while (send(CHUNK, REALTIME, LOW) == LOW) {
      lowInARow++;
    }
    assertThat(lowInARow).isLessThanOrEqualTo(1);
  }

  @Example
  void shouldGiveTheLowerLanesTheirShareInEqualParts() {
    Map<QosLevel, Long> sent = saturate(40_000, REALTIME, HIGH, LOW, IDLE);
    double all = 40_000.0 * CHUNK;
    assertThat(sent.get(REALTIME) / all).isCloseTo(0.95, within(0.001));
    for (QosLevel lower : new QosLevel[] {HIGH, LOW, IDLE}) {
      assertThat(sent.get(lower) / all).isCloseTo(0.05 / 3, within(0.001));
    }
  }

  @Example
  void shouldCountTheShareFromTheHighestLaneThatIsThere() {
    Map<QosLevel, Long> sent = saturate(40_000, LOW, IDLE);
    assertThat(sent.get(LOW) / (40_000.0 * CHUNK)).isCloseTo(0.95, within(0.001));
  }

  @Example
  void shouldBeStrictWithoutAShare() {
    var strict = new LaneScheduler(0);
    for (int i = 0; i < 1_000; i++) {
      int ready = mask(HIGH, LOW, IDLE);
      assertThat(strict.next(ready)).isEqualTo(HIGH);
      strict.sent(HIGH, CHUNK);
    }
  }

  @Example
  void shouldRefuseSharesAndLanesThatMakeNoSense() {
    assertThatThrownBy(() -> new LaneScheduler(0.6)).hasMessageContaining("0.6");
    assertThatThrownBy(() -> new LaneScheduler(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> scheduler.next(0)).isInstanceOf(IllegalArgumentException.class);
    scheduler.next(mask(HIGH));
    assertThatThrownBy(() -> scheduler.sent(LOW, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 200)
  void everyWaitingLaneGetsItsShareWhateverTheChunkSizes(
      @ForAll @DoubleRange(min = 0.01, max = 0.5) double share,
      @ForAll @IntRange(min = 3, max = 15) int ready,
      @ForAll @IntRange(min = 1, max = 64 * 1024) int chunkMax,
      @ForAll long seed) {
    int lanes = Integer.bitCount(ready);
    if (lanes < 2) {
      return;
    }
    var random = new Random(seed);
    var lanesByShare = new LaneScheduler(share);
    var sent = new EnumMap<QosLevel, Long>(QosLevel.class);
    long all = 0;
    for (int i = 0; i < 20_000; i++) {
      int bytes = 1 + random.nextInt(chunkMax);
      QosLevel level = lanesByShare.next(ready);
      lanesByShare.sent(level, bytes);
      sent.merge(level, (long) bytes, Long::sum);
      all += bytes;
    }
    double part = share / (lanes - 1);
    for (QosLevel level : QosLevel.values()) {
      boolean waits =
          (ready & LaneScheduler.bit(level)) != 0 && (ready & (LaneScheduler.bit(level) - 1)) != 0;
      if (waits) {
        assertThat((double) sent.getOrDefault(level, 0L))
            .isBetween(part * all - 3.0 * chunkMax, part * all + 2.0 * chunkMax);
      }
    }
  }

  @Property(tries = 500)
  void aReadyLaneIsChosenAndTheAnswerIsStable(
      @ForAll @Size(max = 200) int[] masks, @ForAll @DoubleRange(min = 0, max = 0.5) double share) {
    var lanes = new LaneScheduler(share);
    for (int bits : masks) {
      int ready = (bits & 15) == 0 ? 1 : bits & 15;
      QosLevel level = lanes.next(ready);
      assertThat(ready & LaneScheduler.bit(level)).isNotZero();
      assertThat(lanes.next(ready)).isEqualTo(level);
      lanes.sent(level, Math.abs(bits % 5_000));
    }
  }

  /**
   * Whatever happened before, lower lanes never send more than a chunk each before an urgent one.
   */
  @Property(tries = 500)
  void anUrgentChunkWaitsForAtMostOneChunkOfEachLowerLane(@ForAll @Size(max = 300) int[] history) {
    var lanes = new LaneScheduler(0.5);
    for (int bits : history) {
      int ready = (bits & 15) == 0 ? 8 : bits & 15;
      lanes.sent(lanes.next(ready), CHUNK);
    }
    int before = 0;
    for (QosLevel level; (level = lanes.next(15)) != REALTIME; before++) {
      lanes.sent(level, CHUNK);
    }
    assertThat(before).isLessThanOrEqualTo(3);
  }

  private QosLevel send(int bytes, QosLevel... ready) {
    QosLevel level = scheduler.next(mask(ready));
    scheduler.sent(level, bytes);
    return level;
  }

  private Map<QosLevel, Long> saturate(int chunks, QosLevel... ready) {
    var sent = new EnumMap<QosLevel, Long>(QosLevel.class);
    for (int i = 0; i < chunks; i++) {
      sent.merge(send(CHUNK, ready), (long) CHUNK, Long::sum);
    }
    return sent;
  }

  private static int mask(QosLevel... levels) {
    int mask = 0;
    for (QosLevel level : levels) {
      mask |= LaneScheduler.bit(level);
    }
    return mask;
  }
}
