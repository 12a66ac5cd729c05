package io.replicator.app;

import io.replicator.app.demo.Demo;
import io.replicator.app.process.Logs;
import io.replicator.app.process.Termination;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code replicator demo}: everything embedded in this process. */
@Command(
    name = "demo",
    description =
        "Shows all of it on this machine: a source, a hub, a client and its copy, with real data.")
final class DemoCommand implements Callable<Integer> {
  @Mixin private LogOptions log;
  @Spec private CommandSpec spec;

  @Option(names = "--once", description = "End after proof of equality, with a summary.")
  private boolean once;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where the pages are served. Default: a free port of 127.0.0.1.")
  private String http = "127.0.0.1:0";

  @Override
  public Integer call() {
    log.apply();
    Logs.onlyWarnings();
    return new Demo(spec.commandLine().getOut(), Termination.onSignals()).run(http, once);
  }
}
