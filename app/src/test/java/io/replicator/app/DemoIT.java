package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The demonstration, as somebody sees it who has just cloned the repository. */
final class DemoIT {
  @Test
  void shouldProveEqualityAndEndWithZero() {
    CommandRun run = CommandRun.of("demo", "--once");

    assertThat(run.exitCode()).as("%s%n%s", run.out(), run.err()).isZero();
    assertThat(run.out()).contains("writes have stopped").contains("equal");
  }
}
