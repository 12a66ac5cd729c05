package io.replicator.app;

import io.replicator.app.config.Configuration;
import io.replicator.app.config.Overrides;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command takes that has settings. */
final class CommonOptions {
  @Mixin private LogOptions log;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings in HOCON or JSON, below options and above defaults.")
  private Path config;

  /** Merges options, file and defaults, and sets the log level. */
  Configuration configuration(Overrides overrides) {
    log.apply();
    return Configuration.load(overrides, config);
  }
}
