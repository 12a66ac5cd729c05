package io.replicator.app.config;

import io.replicator.http.exchange.GatewaySettings;
import io.replicator.streams.send.SessionSettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** The section {@code gateway} of a hub's configuration. */
final class GatewayConfiguration {
  private static final String ORIGIN = "https://HOST[:PORT], http://HOST[:PORT], or * for all";
  private static final String TOKEN = "printable ASCII without spaces, at most 512 characters";
  private static final Duration DAY = Duration.ofDays(1);

  private GatewayConfiguration() {}

  /**
   * @param address null when it is off: the section is checked all the same
   * @return null when it is off
   */
  static GatewaySettings read(Settings gateway, HostPort address, SessionSettings session) {
    List<String> origins =
        gateway.parsedList("allowed-origins", ORIGIN, GatewayConfiguration::origin);
    String token = gateway.text("token");
    boolean sendable = token.length() <= 512 && token.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (!sendable) {
      throw gateway.wrong("token", "…", TOKEN);
    }
    Duration longPollMax =
        gateway.duration("long-poll-max", Duration.ofSeconds(1), Duration.ofMinutes(10));
    Duration heartbeat =
        gateway.duration("heartbeat-interval", Duration.ofSeconds(1), Duration.ofMinutes(10));
    Duration idle = gateway.duration("idle-timeout", Duration.ofSeconds(1), DAY);
    if (idle.compareTo(longPollMax) <= 0 || idle.compareTo(heartbeat) <= 0) {
      throw gateway.wrong(
          "idle-timeout",
          idle.toSeconds() + " s",
          "more than long-poll-max and heartbeat-interval");
    }
    var settings =
        new GatewaySettings(
            address == null ? "" : address.host(),
            address == null ? 0 : address.port(),
            origins,
            token,
            (int) gateway.bytes("body-bytes-max", 1 << 10, 512 << 20),
            longPollMax,
            heartbeat,
            gateway.duration("entries-time-max", Duration.ofSeconds(1), DAY),
            gateway.integer("loads-max", 1, 100_000),
            gateway.duration("head-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
            idle,
            gateway.integer("connections-max", 1, 1_000_000),
            session.batchBytesMax(),
            session.compressionLevel());
    return address == null ? null : settings;
  }

  private static String origin(String text) {
    if (text.equals("*")) {
      return text;
    }
    try {
      URI uri = URI.create(text);
      boolean whole =
          List.of("http", "https").contains(String.valueOf(uri.getScheme()))
              && uri.getHost() != null
              && uri.getRawUserInfo() == null
              && uri.getRawPath().isEmpty()
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null;
      if (whole) {
        return text;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(ORIGIN, e);
    }
    throw new IllegalArgumentException(ORIGIN);
  }
}
