package io.replicator.app;

import io.replicator.app.config.Configuration;
import io.replicator.app.config.HubConfiguration;
import io.replicator.app.config.Overrides;
import io.replicator.app.hub.HubService;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code replicator hub}: captures databases and serves clients until a signal ends it. */
@Command(
    name = "hub",
    description = "Captures databases of a Redis server and serves them to clients.")
final class HubCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Option(
      names = "--redis",
      paramLabel = "HOST:PORT[,…]",
      description = "Source; with --sentinel, the sentinels. Default: 127.0.0.1:6379.")
  private String redis;

  @Option(
      names = "--sentinel",
      paramLabel = "NAME",
      description = "Name of the master to ask the sentinels for.")
  private String sentinel;

  @Option(
      names = "--databases",
      paramLabel = "LIST",
      description =
          "Required with a source: 5,0,3 (the order gives realtime, high, low, idle) or"
              + " 5:realtime,0:idle.")
  private String databases;

  @Option(
      names = "--plaindb",
      paramLabel = "LIST",
      description =
          "Those without a version chain of their own (capture mode versioned). Default: all.")
  private String plain;

  @Option(
      names = "--lv",
      description = "Ignore version and version:* of the source (capture mode versioned).")
  private boolean localVersions;

  @Option(
      names = "--embedded",
      paramLabel = "LIST",
      description = "Databases that the hub owns itself; with them, --databases may be absent.")
  private String embedded;

  @Option(
      names = "--capture",
      paramLabel = "MODE",
      description = "auto, psync, notifications or versioned. Default: auto.")
  private String capture;

  @Option(
      names = "--hub",
      paramLabel = "HOST:PORT",
      description = "Where to listen for clients. Default: :3333.")
  private String listen;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      description = "Status, health, metrics; or off. Default: 127.0.0.1:8079.")
  private String http;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The store. Default: ./replicator-data.")
  private String data;

  @Option(
      names = "--nowait",
      description = "On SIGTERM close at once instead of draining sessions.")
  private boolean noWait;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      description = "TLS to the source: PEM file of the authorities to trust.")
  private String tlsAuthorities;

  @Option(
      names = "--tls-crt",
      paramLabel = "FILE",
      description = "TLS to the source: PEM file with certificate and key to present.")
  private String tlsCertificate;

  @Override
  public Integer call() {
    Configuration configuration = common.configuration(overrides());
    HubConfiguration hub = HubConfiguration.read(configuration);
    return HubService.run(configuration, hub);
  }

  private Overrides overrides() {
    String section = "replicator.hub.";
    return new Overrides()
        .set(section + "source.addresses", "--redis", redis)
        .set(section + "source.sentinel", "--sentinel", sentinel)
        .set(section + "source.tls-ca", "--tls-ca", tlsAuthorities)
        .set(section + "source.tls-crt", "--tls-crt", tlsCertificate)
        .setIf(localVersions, section + "source.local-versions", "--lv", true)
        .set(section + "databases", "--databases", databases)
        .set(section + "plain-databases", "--plaindb", plain)
        .set(section + "embedded", "--embedded", embedded)
        .set(section + "capture", "--capture", capture)
        .set(section + "listen", "--hub", listen)
        .set(section + "http", "--http", http)
        .set(section + "data", "--data", data)
        .setIf(noWait, section + "drain-timeout", "--nowait", "0 s");
  }
}
