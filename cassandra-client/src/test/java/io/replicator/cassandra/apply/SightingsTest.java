package io.replicator.cassandra.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SightingsTest {
  private final Sightings sightings = new Sightings("me");

  @Test
  void shouldReportAnotherClientOnceItsBeatGoesOn() {
    assertThat(sightings.seen(Map.of("me", 1L, "other", 7L))).isEmpty();
    assertThat(sightings.seen(Map.of("me", 2L, "other", 8L))).containsExactly("other");
    assertThat(sightings.others()).isOne();
  }

  @Test
  void shouldReportItOnlyOnce() {
    sightings.seen(Map.of("other", 7L));
    sightings.seen(Map.of("other", 8L));
    assertThat(sightings.seen(Map.of("other", 9L))).isEmpty();
    assertThat(sightings.others()).isOne();
  }

  @Test
  void shouldNotTakeTheRowOfAKilledClientForOne() {
    sightings.seen(Map.of("me", 1L, "killed", 7L));
    assertThat(sightings.seen(Map.of("me", 2L, "killed", 7L))).isEmpty();
    assertThat(sightings.others()).isZero();
  }

  @Test
  void shouldNotTakeItselfForAnother() {
    sightings.seen(Map.of("me", 1L));
    assertThat(sightings.seen(Map.of("me", 2L))).isEmpty();
  }

  @Test
  void shouldForgetOneThatEnded() {
    sightings.seen(Map.of("other", 7L));
    sightings.seen(Map.of("other", 8L));
    sightings.seen(Map.of());
    assertThat(sightings.others()).isZero();
  }
}
