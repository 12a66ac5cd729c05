package io.replicator.http;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.hub.Hub;
import io.replicator.http.entries.DatabaseRoutes;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.pages.Pages;
import io.replicator.http.updates.Updates;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;

/** A hub's HTTP server, bound. Any thread. */
public final class HubHttp {
  private final HttpServer server;
  private final DatabaseRoutes databases;

  private HubHttp(HttpServer server, DatabaseRoutes databases) {
    this.server = server;
    this.databases = databases;
  }

  /**
   * Binds and serves.
   *
   * @param meters where the gateway counts, and what {@code /metrics} shows
   * @return fails when the address cannot be bound
   */
  public static CompletionStage<HubHttp> start(
      ActorSystem<?> system, GatewaySettings settings, Hub hub, PrometheusMeterRegistry meters) {
    var gatewayMeters = new GatewayMeters(meters);
    var databases = new DatabaseRoutes(system, settings, hub, gatewayMeters);
    var routes =
        new HubRoutes(
            system,
            new Gate(settings, gatewayMeters),
            gatewayMeters,
            new HubHealth(hub::status, meters::scrape),
            databases,
            new Updates(system, settings, hub, meters),
            new Pages(system));
    return HttpServer.bind(system, settings, gatewayMeters, routes::handle)
        .whenComplete(
            (server, failure) -> {
              if (failure != null) {
                databases.close();
              }
            })
        .thenApply(server -> new HubHttp(server, databases));
  }

  public InetSocketAddress address() {
    return server.address();
  }

  /** Unbinds, answers who waits, and closes what is open after {@code patience} at the latest. */
  public CompletionStage<Done> stop(Duration patience) {
    return server.stop(patience).whenComplete((done, failure) -> databases.close());
  }
}
