package io.replicator.http.exchange;

import java.time.Duration;
import java.util.List;

/**
 * How a hub serves HTTP, and what bounds whoever asks.
 *
 * @param port 0 for any free one
 * @param allowedOrigins origins of pages that may ask, beside those of the same host; {@code
 *     https://host[:port]}, or {@code *} for all
 * @param token that every request must show but those for health; empty for none
 * @param bodyBytesMax of a request
 * @param longPollMax how long a request for changes may wait
 * @param heartbeatInterval after which an idle stream of events gets a comment
 * @param entriesTimeMax how long a load may take, because it holds a state of the database
 * @param loadsMax at a time
 * @param headTimeout how long the head of a request may take to arrive, and a body without progress
 * @param idleTimeout after which a connection without a byte in either direction is closed
 * @param connectionsMax at a time
 * @param batchBytesMax where one read of the log or of a load stops
 * @param compressionLevel of zstd
 */
public record GatewaySettings(
    String host,
    int port,
    List<String> allowedOrigins,
    String token,
    int bodyBytesMax,
    Duration longPollMax,
    Duration heartbeatInterval,
    Duration entriesTimeMax,
    int loadsMax,
    Duration headTimeout,
    Duration idleTimeout,
    int connectionsMax,
    int batchBytesMax,
    int compressionLevel) {
  /** Loopback, any port, for tests and as a start for others. */
  public static final GatewaySettings DEFAULT =
      new GatewaySettings(
          "127.0.0.1",
          0,
          List.of(),
          "",
          16 << 20,
          Duration.ofSeconds(60),
          Duration.ofSeconds(15),
          Duration.ofMinutes(10),
          100,
          Duration.ofSeconds(10),
          Duration.ofSeconds(75),
          20_000,
          256 << 10,
          3);

  public GatewaySettings {
    allowedOrigins = List.copyOf(allowedOrigins);
  }

  public GatewaySettings at(String newHost, int newPort) {
    return new GatewaySettings(
        newHost,
        newPort,
        allowedOrigins,
        token,
        bodyBytesMax,
        longPollMax,
        heartbeatInterval,
        entriesTimeMax,
        loadsMax,
        headTimeout,
        idleTimeout,
        connectionsMax,
        batchBytesMax,
        compressionLevel);
  }

  /** Without the token: settings may end in a log. */
  @Override
  public String toString() {
    return host + ":" + port + ", origins " + allowedOrigins;
  }
}
