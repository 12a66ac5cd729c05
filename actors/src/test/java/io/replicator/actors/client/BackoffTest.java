package io.replicator.actors.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Duration MIN = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(10);

  @Test
  void shouldDoubleFromTheMinimumToTheMaximumWithTheUpperHalfAtRandom() {
    for (long seed = 0; seed < 100; seed++) {
      var backoff = new Backoff(MIN, MAX, new Random(seed));
      long ceilingMs = 100;
      for (int failure = 0; failure < 80; failure++) {
        assertThat(backoff.next())
            .isBetween(
                Duration.ofMillis(Math.max(100, ceilingMs / 2)), Duration.ofMillis(ceilingMs));
        ceilingMs = Math.min(10_000, ceilingMs * 2);
      }
    }
  }

  @Test
  void shouldSpreadClientsThatFailedTogether() {
    var pauses = new HashSet<Duration>();
    for (long seed = 0; seed < 100; seed++) {
      var backoff = new Backoff(MIN, MAX, new Random(seed));
      for (int failure = 0; failure < 5; failure++) {
        backoff.next();
      }
      pauses.add(backoff.next());
    }
    assertThat(pauses).hasSizeGreaterThan(90);
  }

  @Test
  void shouldBeginAnewAfterASuccess() {
    var backoff = new Backoff(MIN, MAX, new Random(1));
    for (int failure = 0; failure < 10; failure++) {
      backoff.next();
    }

    backoff.reset();

    assertThat(backoff.next()).isEqualTo(MIN);
  }

  @Test
  void shouldRefuseAMaximumBelowTheMinimum() {
    assertThatThrownBy(() -> new Backoff(MAX, MIN, new Random(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT10S to PT0.1S");
  }
}
