package io.replicator.app.config;

/**
 * Where {@code replicator status} asks: the address at which a hub of this configuration serves.
 */
public final class StatusConfiguration {
  private StatusConfiguration() {}

  public static HostPort read(Configuration configuration) {
    Settings hub = configuration.settings("replicator.hub");
    return hub.parsed("http", text -> HostPort.parse(text, "127.0.0.1"));
  }
}
