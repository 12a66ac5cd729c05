package io.replicator.http;

import io.replicator.actors.hub.HubStatus;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;

/**
 * A hub's HTTP server, bound: status, health and metrics. Any thread. It only reads; whoever must
 * not see it is kept out by the address that it is bound to.
 */
public final class HubHttp {
  private final ServerBinding binding;

  private HubHttp(ServerBinding binding) {
    this.binding = binding;
  }

  /**
   * Binds and serves.
   *
   * @param port 0 for any free one
   * @param status of the hub; a request waits for it for 3 s at most
   * @param metrics the meters in Prometheus' text format
   * @return fails when the address cannot be bound
   */
  public static CompletionStage<HubHttp> start(
      ActorSystem<?> system,
      String host,
      int port,
      Supplier<CompletionStage<HubStatus>> status,
      Supplier<String> metrics) {
    var routes = new HubRoutes(system, status, metrics);
    return Http.get(system).newServerAt(host, port).bind(routes::handle).thenApply(HubHttp::new);
  }

  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Unbinds, and closes what is open after {@code patience} at the latest. */
  public CompletionStage<Done> stop(Duration patience) {
    return binding.terminate(patience).thenApply(terminated -> Done.getInstance());
  }
}
