package io.replicator.cassandra.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LifetimeTest {
  private static final long NOW_MS = 1_700_000_000_000L;

  @Test
  void shouldTellTheEarlierAndTheLaterOfTwoExpiries() {
    assertThat(Lifetime.earlier(5, 7)).isEqualTo(5);
    assertThat(Lifetime.earlier(7, 5)).isEqualTo(5);
    assertThat(Lifetime.earlier(0, 5)).isEqualTo(5);
    assertThat(Lifetime.earlier(5, 0)).isEqualTo(5);
    assertThat(Lifetime.later(5, 7)).isEqualTo(7);
    assertThat(Lifetime.later(0, 5)).isZero();
    assertThat(Lifetime.later(5, 0)).isZero();
  }

  @Test
  void shouldRoundUpSoThatNothingEndsEarly() {
    assertThat(Lifetime.ttlSeconds(NOW_MS + 1, 0, NOW_MS)).isEqualTo(1);
    assertThat(Lifetime.ttlSeconds(NOW_MS + 1_000, 0, NOW_MS)).isEqualTo(1);
    assertThat(Lifetime.ttlSeconds(NOW_MS + 1_001, 0, NOW_MS)).isEqualTo(2);
  }

  @Test
  void shouldTellWhatIsOverFromWhatNeverEnds() {
    assertThat(Lifetime.ttlSeconds(0, 0, NOW_MS)).isEqualTo(Lifetime.FOREVER);
    assertThat(Lifetime.ttlSeconds(NOW_MS, 0, NOW_MS)).isEqualTo(Lifetime.OVER);
    assertThat(Lifetime.ttlSeconds(NOW_MS, 60_000, NOW_MS)).isEqualTo(60);
  }

  @Test
  void shouldTakeForEverWhatAServerCannotCount() {
    assertThat(Lifetime.ttlSeconds(4_102_444_800_000L, 0, NOW_MS)).isEqualTo(Lifetime.FOREVER);
    assertThat(Lifetime.ttlSeconds(2_147_000_000_000L, 0, NOW_MS)).isEqualTo(447_000_000);
  }

  @Test
  void shouldDistrustRowsThatMayHaveEnded() {
    assertThat(Lifetime.mayBeGone(0, NOW_MS)).isFalse();
    assertThat(Lifetime.mayBeGone(NOW_MS, NOW_MS)).isFalse();
    assertThat(Lifetime.mayBeGone(NOW_MS - Lifetime.COLLECTION_GRACE_MS, NOW_MS)).isTrue();
  }
}
