package io.replicator.app;

import io.replicator.app.client.ClientService;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.Overrides;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code replicator client}: follows a hub into a sink until a signal, or {@code --once}, ends it.
 */
@Command(name = "client", description = "Follows a hub and keeps a copy current.")
final class ClientCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;
  @Spec private CommandSpec spec;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT[,…]",
      description = "Hubs to try in turn. Default: :3333 of this machine.")
  private String hubs;

  @Option(
      names = "--subscribe",
      paramLabel = "LIST",
      description =
          "DB, DB:GLOB, DB=TARGET or DB=TARGET:GLOB; repeatable, commas in a glob as \\,"
              + " Default: all databases.")
  private List<String> subscriptions = new ArrayList<>();

  @Option(
      names = "--to",
      paramLabel = "URI",
      description =
          "redis://HOST:PORT, cassandra://HOST:PORT/KEYSPACE?dc=NAME or stdout: (JSON)."
              + " Default: redis://127.0.0.1:6379.")
  private String to;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Where to serve /metrics and the client's own status. Default: off.")
  private String http;

  @Option(names = "--once", description = "End when caught up, with exit code 0.")
  private boolean once;

  @Override
  public Integer call() {
    Configuration configuration = common.configuration(overrides());
    ClientConfiguration client = ClientConfiguration.read(configuration);
    return ClientService.run(configuration, client, spec.commandLine().getOut());
  }

  private Overrides overrides() {
    String section = "replicator.client.";
    return new Overrides()
        .set(section + "hubs", "--hub", hubs)
        .setAll(section + "subscribe", "--subscribe", subscriptions)
        .set(section + "to", "--to", to)
        .set(section + "http", "--http", http)
        .setIf(once, section + "once", "--once", true);
  }
}
