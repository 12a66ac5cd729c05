package io.replicator.app.config;

/**
 * Where {@code replicator status} asks: the address at which a hub of this configuration serves.
 *
 * @param token that the hub wants to see, empty for none
 */
public record StatusConfiguration(HostPort http, String token) {
  public static StatusConfiguration read(Configuration configuration) {
    Settings hub = configuration.settings("replicator.hub");
    return new StatusConfiguration(
        hub.parsed("http", text -> HostPort.parse(text, "127.0.0.1")),
        hub.section("gateway").text("token"));
  }

  /** Without the token. */
  @Override
  public String toString() {
    return http.toString();
  }
}
