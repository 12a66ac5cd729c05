package io.replicator.app;

import io.replicator.app.config.ComparedPlace;
import io.replicator.app.process.UsageException;
import io.replicator.cassandra.schema.SchemaScript;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code replicator cassandra-schema}: prints what a target needs, for cqlsh. */
@Command(
    name = "cassandra-schema",
    description =
        "Prints the CQL that creates a target's keyspace and tables, where a client may not"
            + " create them itself.")
final class CassandraSchemaCommand implements Callable<Integer> {
  @Mixin private LogOptions log;
  @Spec private CommandSpec spec;

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description =
          "cassandra://HOST:PORT/KEYSPACE?replication=DC:3, as the client will be given it. Nothing"
              + " is connected to.")
  private String to;

  @Override
  public Integer call() {
    log.apply();
    if (!(ComparedPlace.ofOption("--to", to) instanceof ComparedPlace.Cassandra place)) {
      throw new UsageException(
          "--to: only a target in Cassandra has a schema; allowed: cassandra://…");
    }
    spec.commandLine().getOut().print(SchemaScript.of(place.target()));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
