package io.replicator.app.client;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.client.Client;
import io.replicator.app.config.HostPort;
import io.replicator.app.process.FailureException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client tells of itself, where that is asked for: {@code /metrics} as Prometheus reads
 * them, {@code /v1/client} as a {@link ClientReport} in JSON. For people and their tools on a
 * network that they trust; it can change nothing. One request at a time, on a thread of its own.
 */
final class ClientHttp implements AutoCloseable {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final int BACKLOG = 16;

  private final HttpServer server;
  private final Client client;
  private final PrometheusMeterRegistry meters;
  private final ObjectMapper json = new ObjectMapper();

  private ClientHttp(HttpServer server, Client client, PrometheusMeterRegistry meters) {
    this.server = server;
    this.client = client;
    this.meters = meters;
  }

  static ClientHttp start(HostPort address, Client client, PrometheusMeterRegistry meters) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(address.host(), address.port()), BACKLOG);
      var http = new ClientHttp(server, client, meters);
      server.createContext("/metrics", exchange -> http.answer(exchange, "/metrics"));
      server.createContext("/v1/client", exchange -> http.answer(exchange, "/v1/client"));
      server.start();
      return http;
    } catch (IOException e) {
      throw new FailureException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  private void answer(HttpExchange exchange, String path) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals(path)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else {
        boolean metrics = path.equals("/metrics");
        byte[] body =
            metrics
                ? meters.scrape().getBytes(StandardCharsets.UTF_8)
                : json.writeValueAsBytes(new ClientReport(client.status(), sinkMeters()));
        exchange.getResponseHeaders().set("Content-Type", metrics ? TEXT : "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
      }
    }
  }

  /** Those that belong to the sink and not to every client; of timers the count and the total. */
  private Map<String, Double> sinkMeters() {
    Map<String, Double> values = new TreeMap<>();
    for (Meter meter : meters.getMeters()) {
      String name = meter.getId().getName();
      if (name.startsWith("replicator.") && !name.startsWith("replicator.client.")) {
        meter
            .measure()
            .forEach(
                measurement ->
                    values.put(
                        switch (measurement.getStatistic()) {
                          case TOTAL_TIME, TOTAL -> name + ".total";
                          default -> name;
                        },
                        measurement.getValue()));
      }
    }
    return values;
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
