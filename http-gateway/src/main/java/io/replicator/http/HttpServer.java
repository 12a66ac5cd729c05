package io.replicator.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.io.Inet;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/**
 * Pekko's HTTP layer on connections of our own, so that they can be guarded: see {@link
 * ConnectionGuard}. Any thread.
 *
 * <pre>
 *   serving ──stop──▶ ending (no new connections; what waits is answered, idle ones are closed)
 *                        └──(last connection closed, or patience over)──▶ stopped
 * </pre>
 */
final class HttpServer {
  private static final int LISTEN_BACKLOG = 1_024;

  private final Materializer materializer;
  private final GatewaySettings settings;
  private final GatewayMeters meters;
  private final Function<HttpRequest, CompletionStage<HttpResponse>> handler;

  /**
   * Of all connections: made for each, it would have a parser of header fields for each, some 25
   * KiB.
   */
  private final BidiFlow<HttpResponse, ByteString, ByteString, HttpRequest, NotUsed> httpLayer;

  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Done> allClosed = new CompletableFuture<>();
  private volatile boolean ending;
  private Tcp.ServerBinding binding;

  private HttpServer(
      ActorSystem<?> system,
      GatewaySettings settings,
      GatewayMeters meters,
      Function<HttpRequest, CompletionStage<HttpResponse>> handler) {
    this.materializer = SystemMaterializer.get(system).materializer();
    this.settings = settings;
    this.meters = meters;
    this.handler = handler;
    this.httpLayer =
        Http.get(system)
            .serverLayer(serverSettings(system), Optional.empty(), system.classicSystem().log())
            .atop(plain());
  }

  /**
   * @return fails when the address cannot be bound
   */
  static CompletionStage<HttpServer> bind(
      ActorSystem<?> system,
      GatewaySettings settings,
      GatewayMeters meters,
      Function<HttpRequest, CompletionStage<HttpResponse>> handler) {
    var server = new HttpServer(system, settings, meters, handler);
    List<Inet.SocketOption> options = List.of(TcpSO.reuseAddress(true), TcpSO.tcpNoDelay(true));
    return Tcp.get(system)
        .bind(settings.host(), settings.port(), LISTEN_BACKLOG, options, false, Optional.empty())
        .toMat(Sink.foreach(server::accept), Keep.left())
        .run(server.materializer)
        .thenApply(
            binding -> {
              server.binding = binding;
              return server;
            });
  }

  // What bounds a request, for this server only: the configuration of the process is not ours.
  private static ServerSettings serverSettings(ActorSystem<?> system) {
    String parsing = "pekko.http.server.parsing.";
    Config config =
        ConfigFactory.parseMap(
                Map.ofEntries(
                    Map.entry("pekko.http.server.server-header", ""),
                    // Ours: it knows which answers may take long.
                    Map.entry("pekko.http.server.request-timeout", "infinite"),
                    // One at a time, as the guard assumes.
                    Map.entry("pekko.http.server.pipelining-limit", 1),
                    Map.entry("pekko.http.server.raw-request-uri-header", "on"),
                    Map.entry("pekko.http.server.transparent-head-requests", "off"),
                    Map.entry(parsing + "error-handler", MalformedRequests.class.getName()),
                    // Room for a few hundred patterns, or a key of some KiB.
                    Map.entry(parsing + "max-uri-length", "32k"),
                    Map.entry(parsing + "max-header-value-length", "16k"),
                    Map.entry(parsing + "max-header-count", 64),
                    // Reading a body is bounded by whoever reads it; this is for what nobody reads.
                    Map.entry(parsing + "max-content-length", "64 KiB"),
                    // A connection that met a header of its own would copy the parser's tables.
                    Map.entry(parsing + "header-cache.default", 0),
                    Map.entry(parsing + "header-cache.User-Agent", 0),
                    // What somebody sends does not belong in our log.
                    Map.entry(parsing + "illegal-header-warnings", "off"),
                    Map.entry(parsing + "error-logging-verbosity", "off")))
            .withFallback(system.settings().config());
    return ServerSettings.create(config);
  }

  InetSocketAddress address() {
    return binding.localAddress();
  }

  private void accept(Tcp.IncomingConnection incoming) {
    if (ending || connections.size() >= settings.connectionsMax()) {
      meters.rejected("connections");
      Flow<ByteString, ByteString, NotUsed> refusal =
          Flow.fromSinkAndSource(Sink.cancelled(), Source.empty());
      incoming.handleWith(refusal, materializer);
      return;
    }
    var connection = new Connection(this::closed);
    connections.add(connection);
    meters.connections().incrementAndGet();
    BidiFlow<ByteString, ByteString, ByteString, ByteString, NotUsed> guard =
        BidiFlow.fromGraph(
            new ConnectionGuard(
                connection, settings.headTimeout(), settings.idleTimeout(), meters::rejected));
    httpLayer
        .atop(guard)
        .join(incoming.flow())
        .join(exchanges(connection, RemoteAddress.create(incoming.remoteAddress())))
        .run(materializer);
  }

  // What comes out is more special than what the HTTP layer takes, which Java cannot see.
  @SuppressWarnings("unchecked")
  private static BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed> plain() {
    return (BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>)
        (BidiFlow<?, ?, ?, ?, ?>) TLSPlacebo.getInstance();
  }

  private void closed(Connection connection) {
    if (connections.remove(connection)) {
      meters.connections().decrementAndGet();
    }
    if (ending && connections.isEmpty()) {
      allClosed.complete(Done.getInstance());
    }
  }

  private Flow<HttpRequest, HttpResponse, NotUsed> exchanges(
      Connection connection, RemoteAddress client) {
    return Flow.of(HttpRequest.class)
        .mapAsync(
            1,
            request -> {
              CompletionStage<Done> gone = connection.begin();
              HttpRequest known =
                  request
                      .addAttribute(Exchange.GONE, gone)
                      .addAttribute(AttributeKeys.remoteAddress, client);
              return (ending ? refused() : handler.apply(known))
                  .thenApply(response -> sent(connection, response));
            });
  }

  private static CompletionStage<HttpResponse> refused() {
    return Problem.of(StatusCodes.SERVICE_UNAVAILABLE, "the hub is stopping")
        .with(Headers.of("Retry-After", "5"))
        .answered("");
  }

  /** The answer, which tells the connection when it has been sent. */
  private HttpResponse sent(Connection connection, HttpResponse response) {
    HttpResponse last = ending ? response.addHeader(Headers.of("Connection", "close")) : response;
    if (response.status().equals(StatusCodes.SWITCHING_PROTOCOLS)) {
      connection.upgrade();
      return response;
    }
    if (response.entity().isStrict()) {
      connection.end();
      return last;
    }
    return last.transformEntityDataBytes(
        Flow.of(ByteString.class)
            .watchTermination(
                (notUsed, done) -> {
                  done.whenComplete((end, failure) -> connection.end());
                  return notUsed;
                }));
  }

  /** Unbinds, lets answers that are on their way end, and closes what is left after patience. */
  CompletionStage<Done> stop(Duration patience) {
    ending = true;
    return binding
        .unbind()
        .thenCompose(
            unbound -> {
              for (Connection connection : connections) {
                connection.lost();
                if (!connection.isExchanging()) {
                  connection.close();
                }
              }
              if (connections.isEmpty()) {
                allClosed.complete(Done.getInstance());
              }
              return allClosed
                  .copy()
                  .completeOnTimeout(
                      Done.getInstance(), patience.toMillis(), TimeUnit.MILLISECONDS);
            })
        .thenApply(
            done -> {
              connections.forEach(Connection::close);
              return done;
            });
  }
}
