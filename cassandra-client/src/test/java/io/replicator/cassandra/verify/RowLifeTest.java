package io.replicator.cassandra.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowLifeTest {
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final long GRACE_MS = 60_000;
  private static final long BEYOND_2038_MS = 4_102_444_800_000L;

  private final RowLife life = new RowLife();

  private String flaw(long expiresAtMs) {
    return life.flaw("a row", expiresAtMs, GRACE_MS, NOW_MS);
  }

  @Test
  void shouldFindNothingWrongWithTheGraceOfRows() {
    life.add(100, NOW_MS);
    life.add(160, NOW_MS);

    assertThat(flaw(NOW_MS + 100_000)).isNull();
  }

  @Test
  void shouldAllowForClocksThatDiffer() {
    life.add(100, NOW_MS);

    assertThat(flaw(NOW_MS + 110_000)).isNull();
    assertThat(flaw(NOW_MS + 110_001)).contains("vanishes at").contains("its key expires at");
  }

  @Test
  void shouldNameARowThatVanishesAlthoughItsKeyStays() {
    life.addEndless();
    life.add(1_000, NOW_MS);

    assertThat(flaw(0))
        .isEqualTo("a row vanishes at 2023-11-14T22:30:00Z although the key never expires");
  }

  @Test
  void shouldNameARowThatStaysAlthoughItsKeyExpires() {
    life.add(100, NOW_MS);
    life.addEndless();

    assertThat(flaw(NOW_MS + 100_000)).contains("lives for ever");
  }

  @Test
  void shouldNameARowThatStaysLongAfterItsKey() {
    life.add(3_600, NOW_MS);

    assertThat(flaw(NOW_MS + 100_000)).contains("lives until");
  }

  @Test
  void shouldTakeForEverWhatAServerCannotCount() {
    life.addEndless();

    assertThat(flaw(BEYOND_2038_MS)).isNull();
  }

  @Test
  void shouldFindNothingWrongWithRowsThatNeverEnd() {
    life.addEndless();

    assertThat(flaw(0)).isNull();
  }
}
