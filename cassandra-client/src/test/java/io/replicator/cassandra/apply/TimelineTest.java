package io.replicator.cassandra.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Epoch;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private static final long NOW_US = 1_700_000_000_000_000L;
  private static final Epoch EPOCH = new Epoch(1);

  @Test
  void shouldBeginAtThePresent() {
    Timeline timeline = Timeline.claimed(EPOCH, 500, NOW_US, 0);
    assertThat(timeline.timestamp(500)).isEqualTo(NOW_US);
    assertThat(timeline.timestamp(501)).isEqualTo(NOW_US + 1);
  }

  @Test
  void shouldBeginAboveEverythingThatTheEpochBeforeMayHaveWritten() {
    Timeline before = Timeline.claimed(EPOCH, 500, NOW_US, 0).extendedTo(1L << 40);
    Timeline after = Timeline.claimed(new Epoch(2), 3, NOW_US + 10, before.reserved());
    assertThat(after.timestamp(3)).isGreaterThan(before.reserved());
    assertThat(before.timestamp(1L << 40)).isLessThan(after.timestamp(3));
  }

  @Test
  void shouldNotUseWhatIsNotReserved() {
    Timeline timeline = Timeline.claimed(EPOCH, 0, NOW_US, 0);
    assertThat(timeline.covers(Timeline.SPAN)).isTrue();
    assertThat(timeline.covers(Timeline.SPAN + 1)).isFalse();
    assertThatThrownBy(() -> timeline.timestamp(Timeline.SPAN + 1))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldKeepTimestampsWhenItIsExtended() {
    Timeline timeline = Timeline.claimed(EPOCH, 0, NOW_US, 0);
    Timeline extended = timeline.extendedTo(Timeline.SPAN + 1);
    assertThat(extended.timestamp(7)).isEqualTo(timeline.timestamp(7));
    assertThat(extended.covers(Timeline.SPAN + 1)).isTrue();
  }
}
