package io.replicator.app.config;

import io.replicator.actors.hub.HubDatabase.Origin;
import io.replicator.actors.hub.HubSettings;
import io.replicator.actors.hub.HubSettings.ServedDatabase;
import io.replicator.app.process.UsageException;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything that {@code replicator hub} is told, checked.
 *
 * @param source null without a source
 * @param gateway null when it is off
 */
public record HubConfiguration(HubSettings hub, SourceSettings source, GatewaySettings gateway) {
  private static final String SECTION = "replicator.hub";
  private static final Duration NONE = Duration.ZERO;

  /**
   * @throws UsageException that names the first setting that is wrong
   */
  public static HubConfiguration read(Configuration configuration) {
    Settings settings = configuration.settings(SECTION);
    String capture = settings.text("capture");
    switch (capture) {
      case "auto", "psync" -> {}
      case "notifications", "versioned" ->
          throw settings.wrong(
              "capture", capture, "auto, psync (the only mode that is available yet)");
      default -> throw settings.wrong("capture", capture, "auto, psync, notifications, versioned");
    }

    List<DatabaseList.Entry> captured = DatabaseList.read(settings, "databases", true);
    List<DatabaseList.Entry> embedded = DatabaseList.read(settings, "embedded", false);
    if (captured.isEmpty() && embedded.isEmpty()) {
      throw new UsageException(
          "option --databases is missing; allowed: "
              + DatabaseList.ALLOWED
              + ", as in --databases 5,0,3; it may be absent only with --embedded");
    }
    checkPlain(settings, captured);
    settings.section("source").flag("local-versions");
    List<ServedDatabase> served = served(settings, captured, embedded);
    HostPort listen = settings.parsed("listen", HostPort::parseToListen);
    HostPort http =
        settings.parsed(
            "http",
            text -> {
              try {
                return text.equals("off") ? null : HostPort.parseToListen(text);
              } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + ", or off", e);
              }
            });
    var hub =
        new HubSettings(
            listen.host(),
            listen.port(),
            served,
            store(settings),
            session(settings.section("session")),
            settings.duration("drain-timeout", NONE, Duration.ofHours(1)));
    List<String> names = captured.stream().map(DatabaseList.Entry::name).toList();
    SourceSettings source =
        names.isEmpty() ? null : SourceSettings.read(settings.section("source"), names);
    GatewaySettings gateway =
        GatewayConfiguration.read(settings.section("gateway"), http, hub.session());
    return new HubConfiguration(hub, source, gateway);
  }

  private static void checkPlain(Settings settings, List<DatabaseList.Entry> captured) {
    String key = "plain-databases";
    if (settings.text(key).equals("all")) {
      return;
    }
    Set<String> known = new HashSet<>();
    captured.forEach(entry -> known.add(entry.name()));
    String allowed = "all, or databases of --databases";
    for (String name : settings.list(key, allowed)) {
      if (!known.contains(name)) {
        throw settings.wrong(key, name, allowed);
      }
    }
  }

  private static List<ServedDatabase> served(
      Settings settings, List<DatabaseList.Entry> captured, List<DatabaseList.Entry> embedded) {
    Set<String> names = new HashSet<>();
    List<ServedDatabase> served = new ArrayList<>();
    for (DatabaseList.Entry entry : captured) {
      names.add(entry.name());
      served.add(new ServedDatabase(entry.name(), entry.level(), Origin.CAPTURED));
    }
    for (DatabaseList.Entry entry : embedded) {
      if (!names.add(entry.name())) {
        throw settings.wrong("embedded", entry.name(), "names that --databases does not have");
      }
      served.add(new ServedDatabase(entry.name(), entry.level(), Origin.EMBEDDED));
    }
    return List.copyOf(served);
  }

  private static StoreSettings store(Settings settings) {
    Path directory = settings.parsed("data", HubConfiguration::path);
    Settings store = settings.section("store");
    return new StoreSettings(
        directory,
        store.duration("tombstone-retention", NONE, Duration.ofDays(3650)),
        store.bytes("tombstone-bytes-max", 0, 1L << 40),
        (int) store.bytes("value-bytes-max", 1 << 10, 64 << 20),
        store.bytes("write-batch-bytes-max", 1 << 20, 1 << 30),
        store.bytes("block-cache-bytes", 1 << 20, 1L << 40));
  }

  private static SessionSettings session(Settings session) {
    return new SessionSettings(
        (int) session.bytes("batch-bytes-max", 1 << 10, 8 << 20),
        (int) session.bytes("chunk-bytes", 64, 64 << 10),
        // Clients take no more than that.
        (int) session.bytes("credit-bytes", 64 << 10, 64 << 20),
        (int) session.bytes("window-bytes-max", 64 << 10, 1 << 30),
        session.fraction("low-lanes-share", 0, 0.5),
        session.duration("queue-target", Duration.ofMillis(1), Duration.ofSeconds(10)),
        session.integer("compression-level", 1, 19),
        session.bytes("shared-blocks-bytes", 0, 1L << 40),
        session.duration("heartbeat-interval", Duration.ofMillis(100), Duration.ofMinutes(10)),
        session.duration("handshake-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
        session.integer("sessions-max", 1, 1_000_000));
  }

  private static Path path(String text) {
    try {
      if (text.isBlank()) {
        throw new IllegalArgumentException("a directory");
      }
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("a directory", e);
    }
  }
}
