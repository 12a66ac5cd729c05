package io.replicator.app.config;

import io.replicator.actors.client.ClientSettings;
import io.replicator.actors.client.ClientSettings.ClientSubscription;
import io.replicator.app.process.UsageException;
import io.replicator.replication.KeyGlob;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that {@code replicator client} is told, checked.
 *
 * @param databaseTargets where a database of the hub goes by another number
 * @param http where the client tells of itself, null for nowhere
 */
public record ClientConfiguration(
    ClientSettings client, SinkTarget target, Map<String, String> databaseTargets, HostPort http) {
  private static final String SECTION = "replicator.client";

  /**
   * @throws UsageException that names the first setting that is wrong
   */
  public static ClientConfiguration read(Configuration configuration) {
    Settings settings = configuration.settings(SECTION);
    SinkTarget target = settings.parsed("to", SinkTarget::parse);
    List<InetSocketAddress> hubs =
        settings.parsedList(
            "hubs", HostPort.ALLOWED, text -> HostPort.parse(text, "127.0.0.1").unresolved());
    if (hubs.isEmpty()) {
      throw settings.wrong("hubs", "", HostPort.ALLOWED);
    }

    Map<String, List<KeyGlob>> patterns = new LinkedHashMap<>();
    Map<String, String> targets = new HashMap<>();
    for (Subscription subscription :
        settings.parsedList("subscribe", Subscription.ALLOWED, Subscription::parse)) {
      patterns
          .computeIfAbsent(subscription.database(), name -> new ArrayList<>())
          .add(subscription.glob());
      checkTarget(settings, target, subscription);
      String earlier = targets.put(subscription.database(), subscription.target());
      if (earlier != null && !earlier.equals(subscription.target())) {
        throw settings.wrong(
            "subscribe",
            subscription.database() + "=" + subscription.target(),
            "one TARGET per database, and " + subscription.database() + " goes to " + earlier);
      }
    }
    checkOneSourceEach(settings, targets);
    List<ClientSubscription> subscriptions = new ArrayList<>();
    patterns.forEach(
        (database, globs) ->
            subscriptions.add(
                new ClientSubscription(
                    database,
                    globs.stream().anyMatch(KeyGlob::matchesAll)
                        ? List.of()
                        : List.copyOf(globs))));
    targets.entrySet().removeIf(entry -> entry.getKey().equals(entry.getValue()));

    Duration backoffMin =
        settings.duration("backoff-min", Duration.ofMillis(1), Duration.ofHours(1));
    var client =
        new ClientSettings(
            hubs,
            List.copyOf(subscriptions),
            name(settings.text("name")),
            (int) settings.bytes("group-bytes-max", 0, 1 << 30),
            backoffMin,
            settings.duration("backoff-max", backoffMin, Duration.ofHours(24)),
            settings.duration("handshake-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
            settings.flag("once"));
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
    return new ClientConfiguration(client, target, Map.copyOf(targets), http);
  }

  private static void checkTarget(Settings settings, SinkTarget target, Subscription subscription) {
    boolean numbered = !(target instanceof SinkTarget.Stdout);
    if (numbered && !DatabaseList.isNumber(subscription.target())) {
      String where = target instanceof SinkTarget.Redis ? "Redis" : "Cassandra";
      throw settings.wrong(
          "subscribe",
          subscription.target(),
          "DB=TARGET with a number from 0 to 9999 as TARGET, since "
              + where
              + " knows databases by number");
    }
  }

  /** Two databases in one would take each other's keys for leftovers. */
  private static void checkOneSourceEach(Settings settings, Map<String, String> targets) {
    Map<String, String> sources = new HashMap<>();
    targets.forEach(
        (database, target) -> {
          String other = sources.put(target, database);
          if (other != null) {
            throw settings.wrong(
                "subscribe",
                database + "=" + target,
                "one database per TARGET, and " + other + " goes to " + target + " too");
          }
        });
  }

  private static String name(String given) {
    if (!given.isBlank()) {
      return given.strip();
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "client";
    }
  }
}
