package io.replicator.benchmarks;

import io.replicator.app.client.RunningClient;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.config.Configuration;
import io.replicator.app.config.Overrides;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** A copy that a Replicator client keeps current, in this JVM, set up as the command would be. */
final class ReplicatorCopy implements Copy {
  private static final PrintWriter NOWHERE =
      new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  private final RedisProcess server = RedisServers.start();
  private final int link;
  private RunningClient client;

  ReplicatorCopy(int link) throws IOException {
    this.link = link;
  }

  @Override
  public RedisProcess server() {
    return server;
  }

  @Override
  public void follow() {
    Overrides overrides =
        new Overrides()
            .set("replicator.client.hubs", "benchmark", "127.0.0.1:" + link)
            .set("replicator.client.to", "benchmark", server.uri())
            .set("replicator.client.name", "benchmark", "benchmark");
    Configuration configuration = Configuration.load(overrides, null);
    client =
        RunningClient.start(
            configuration.whole(), ClientConfiguration.read(configuration), NOWHERE);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    server.close();
  }
}
