package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "demo --help",
        "hub --help",
        "client --help",
        "status --help",
        "verify --help",
        "cassandra-schema --help"
      })
  void shouldPrintHelpToStandardOutput(String args) {
    CommandRun run = CommandRun.of(args.split(" "));

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("Usage: replicator");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void shouldPrintTheVersionThatWasBuilt() {
    CommandRun run = CommandRun.of("--version");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).matches("(?s)replicator \\d+\\.\\d+\\.\\d+.*");
  }

  @Test
  void shouldNameEveryOptionOfTheContract() {
    assertThat(CommandRun.of("hub", "--help").out())
        .contains(
            "--redis",
            "--sentinel",
            "--databases",
            "--plaindb",
            "--lv",
            "--embedded",
            "--capture",
            "--hub",
            "--http",
            "--data",
            "--nowait",
            "--tls-ca",
            "--tls-crt",
            "--config");
    assertThat(CommandRun.of("client", "--help").out())
        .contains("--hub", "--subscribe", "--to", "--once", "--config");
  }
}
