package io.replicator.app.client;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.client.Client;
import io.replicator.app.config.ClientConfiguration;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Stages;
import io.replicator.streams.BatchSink;
import java.io.PrintWriter;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A client with its sink and its actor system. Started and closed by one thread. */
public final class RunningClient implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final ActorSystem<Void> system;
  private final Client client;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** Null where nobody is to be told. */
  private final ClientHttp http;

  private RunningClient(
      ActorSystem<Void> system, ClientConfiguration configuration, BatchSink sink) {
    this.system = system;
    if (sink instanceof MeterBinder binder) {
      binder.bindTo(meters);
    }
    this.client = Client.start(system, configuration.client(), sink, meters);
    this.http =
        configuration.http() == null
            ? null
            : ClientHttp.start(configuration.http(), client, meters);
  }

  /**
   * Starts following; connecting happens in the background.
   *
   * @param config for the actor system
   * @param out for a sink that writes to standard output
   */
  public static RunningClient start(
      Config config, ClientConfiguration configuration, PrintWriter out) {
    BatchSink sink = ClientParts.sink(configuration.target(), configuration.databaseTargets(), out);
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "replicator-client", config);
    try {
      return new RunningClient(system, configuration, sink);
    } catch (RuntimeException e) {
      system.terminate();
      throw e;
    }
  }

  public Client client() {
    return client;
  }

  /** Lets what is being applied be applied, then closes the sink and everything. */
  @Override
  public void close() {
    if (http != null) {
      http.close();
    }
    // One that ended by itself has said why.
    if (!client.whenDone().toCompletableFuture().isDone()) {
      Failures.logged("client not stopped in order", () -> Stages.await(client.stop(), GRACE));
    }
    system.terminate();
    Failures.logged(
        "actor system not stopped in order", () -> Stages.await(system.getWhenTerminated(), GRACE));
    meters.close();
  }
}
