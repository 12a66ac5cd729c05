package io.replicator.app;

import io.replicator.app.config.ComparedPlace;
import io.replicator.app.process.Logs;
import io.replicator.app.verify.Verification;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code replicator verify}: compares two places. */
@Command(
    name = "verify",
    description =
        "Compares two databases, of Redis or in Cassandra: type, value, expiry. Exit code 0 only"
            + " when equal.")
final class VerifyCommand implements Callable<Integer> {
  @Mixin private LogOptions log;
  @Spec private CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "URI",
      required = true,
      description =
          "redis://HOST:PORT/DB or cassandra://HOST:PORT/KEYSPACE?database=DB that is right;"
              + " without DB, database 0.")
  private String from;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "The same for the one that is to equal it.")
  private String to;

  @Override
  public Integer call() {
    log.apply();
    Logs.onlyWarnings();
    return Verification.run(
        ComparedPlace.ofOption("--from", from),
        ComparedPlace.ofOption("--to", to),
        spec.commandLine().getOut());
  }
}
