package io.replicator.cassandra.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {
  private static final long SERVICE_NS = 1_000_000;

  private final ConcurrencyLimit limit = new ConcurrencyLimit(4, 32, 1024);

  /**
   * A server that works on {@code slots} requests at once; more wait. A closed loop of as many
   * requests as the limit allows, at most {@code wanted}.
   */
  private void run(int rounds, int slots, int wanted) {
    for (int i = 0; i < rounds; i++) {
      int inFlight = Math.min(wanted, limit.current());
      long latencyNs = (long) (SERVICE_NS * Math.max(1.0, (double) inFlight / slots));
      for (int j = 0; j < inFlight; j++) {
        limit.answered(latencyNs, inFlight);
      }
    }
  }

  @Test
  void shouldGrowToWhatTheServerWorksOnAndNotMuchBeyond() {
    run(500, 100, 10_000);
    assertThat(limit.current()).isBetween(100, 450);
  }

  @Test
  void shouldShrinkWhenTheServerSlowsDown() {
    run(500, 100, 10_000);
    int before = limit.current();
    run(200, 10, 10_000);
    assertThat(limit.current()).isLessThan(before / 3);
  }

  @Test
  void shouldNotGrowWhileItIsNotUsed() {
    run(500, 1_000, 8);
    assertThat(limit.current()).isEqualTo(32);
  }

  @Test
  void shouldHalveOnceForAWindowOfOverloads() {
    for (int i = 0; i < 10; i++) {
      limit.overloaded();
    }
    assertThat(limit.current()).isEqualTo(16);
  }

  @Test
  void shouldStayWithinItsBoundsWhateverHappens() {
    for (int i = 0; i < 1_000; i++) {
      limit.overloaded();
    }
    assertThat(limit.current()).isEqualTo(4);
    run(5_000, 100_000, 100_000);
    assertThat(limit.current()).isEqualTo(1024);
  }

  @Test
  void shouldTakeAServerThatHasBecomeSlowerForGoodAsItIs() {
    run(500, 100, 10_000);
    for (int i = 0; i < 3_000; i++) {
      int inFlight = limit.current();
      for (int j = 0; j < inFlight; j++) {
        limit.answered((long) (20 * SERVICE_NS * Math.max(1.0, inFlight / 100.0)), inFlight);
      }
    }
    assertThat(limit.current()).isGreaterThanOrEqualTo(100);
  }

  @Test
  void shouldRecoverAfterAnOverload() {
    for (int i = 0; i < 1_000; i++) {
      limit.overloaded();
    }
    run(500, 100, 10_000);
    assertThat(limit.current()).isGreaterThanOrEqualTo(100);
  }

  @Test
  void shouldRefuseBoundsThatMakeNoSense() {
    assertThatThrownBy(() -> new ConcurrencyLimit(0, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 <= 1 <= 1");
  }
}
