package io.replicator.cassandra.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageSizeTest {
  private final PageSize size = new PageSize();

  @Test
  void shouldGrowStepByStepWhileRowsAreSmall() {
    int first = size.rows();
    size.follow(first, first * 10L);
    assertThat(size.rows()).isEqualTo(2 * first);
    for (int i = 0; i < 20; i++) {
      size.follow(size.rows(), size.rows() * 10L);
    }
    assertThat(size.rows()).isEqualTo(5_000);
  }

  @Test
  void shouldShrinkAtOnceWhenRowsAreLarge() {
    size.follow(100, 100L << 20);
    assertThat(size.rows()).isEqualTo(2);
  }

  @Test
  void shouldLearnNothingFromAnEmptyPage() {
    int before = size.rows();
    size.follow(0, 200);
    size.follow(10, -1);
    assertThat(size.rows()).isEqualTo(before);
  }
}
