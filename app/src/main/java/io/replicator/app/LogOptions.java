package io.replicator.app;

import io.replicator.app.process.Logs;
import picocli.CommandLine.Option;

/** What every command takes. */
final class LogOptions {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "This text.")
  @SuppressWarnings("unused") // picocli acts on it by itself
  private boolean help;

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what developers want to know, and stack traces.")
  private boolean verbose;

  void apply() {
    if (verbose) {
      Logs.showDetails();
    }
  }
}
