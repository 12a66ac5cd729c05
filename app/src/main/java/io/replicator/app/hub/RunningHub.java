package io.replicator.app.hub;

import com.typesafe.config.Config;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.hub.Hub;
import io.replicator.app.config.HostPort;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Stages;
import io.replicator.http.HubHttp;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.store.Store;
import io.replicator.streams.Capture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A hub with its store, its actor system and its HTTP server: started from the bottom up, closed
 * from the top down. Started and closed by one thread.
 */
public final class RunningHub implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final HubConfiguration configuration;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private Store store;
  private ActorSystem<Void> system;
  private Hub hub;
  private HubHttp http;

  private RunningHub(HubConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Starts all of it.
   *
   * @param config for the actor system
   * @throws FailureException that says what cannot be started, where and what to do; nothing is
   *     left running then
   */
  public static RunningHub start(Config config, HubConfiguration configuration) {
    var running = new RunningHub(configuration);
    try {
      running.startAll(config);
      return running;
    } catch (RuntimeException e) {
      running.close();
      throw e;
    }
  }

  public Hub hub() {
    return hub;
  }

  /** Where HTTP is served, null when it is off. */
  public InetSocketAddress httpAddress() {
    return http == null ? null : http.address();
  }

  /** Lets clients catch up for the configured time, then closes everything. */
  @Override
  public void close() {
    Duration drain = configuration.hub().drainTimeout();
    if (hub != null) {
      Failures.logged(
          "hub not stopped in order", () -> Stages.await(hub.stop(), drain.plus(GRACE)));
    }
    if (http != null) {
      Failures.logged(
          "HTTP not stopped in order",
          () -> Stages.await(http.stop(Duration.ofSeconds(1)), Duration.ofSeconds(5)));
    }
    if (system != null) {
      system.terminate();
      Failures.logged(
          "actor system not stopped in order",
          () -> Stages.await(system.getWhenTerminated(), GRACE));
    }
    if (store != null) {
      store.close();
    }
    meters.close();
  }

  private void startAll(Config config) {
    store = HubParts.openStore(configuration.hub().store());
    system = ActorSystem.create(Behaviors.empty(), "replicator-hub", config);
    Supplier<Capture> captures =
        configuration.source() == null ? null : () -> HubParts.capture(configuration, store);
    hub = started("hub", Hub.start(system, configuration.hub(), store, captures, meters));
    GatewaySettings gateway = configuration.gateway();
    if (gateway != null) {
      http =
          started(
              "HTTP on " + new HostPort(gateway.host(), gateway.port()),
              HubHttp.start(system, gateway, hub, meters));
    }
  }

  private static <T> T started(String what, CompletionStage<T> starting) {
    try {
      return Stages.await(starting, START_TIMEOUT);
    } catch (Exception e) {
      throw new FailureException(what + " cannot be started: " + Failures.message(e), e);
    }
  }
}
