package io.replicator.benchmarks;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.actors.client.Client;
import io.replicator.actors.client.ClientSettings;
import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A million keys from a hub in a JVM of its own, decoded to records and counted here: by the Java
 * client over TCP, and by one HTTP request, in turns.
 */
final class LoadOverHttp implements Scenario {
  private static final int KEYS = 1_000_000;
  private static final int VALUE_BYTES = 100;

  /** JVMs on both sides compile much in these: they do not count. */
  private static final int WARM_UP_ROUNDS = 2;

  private final int rounds;

  LoadOverHttp(int rounds) {
    this.rounds = rounds;
  }

  /** Loads everything. */
  @FunctionalInterface
  private interface Way {
    CountingSink.Count load() throws IOException, InterruptedException;
  }

  @Override
  public void run(Report report) throws IOException, InterruptedException {
    report.line("## Initial load over HTTP");
    report.line("");
    report.line(
        "%,d keys with %d B each that hardly compress, loopback, decoded to records and counted; %d"
            + " rounds, min / median / max.",
        KEYS, VALUE_BYTES, rounds);
    List<Double> tcp = new ArrayList<>();
    List<Double> http = new ArrayList<>();
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "loads", ConfigFactory.load());
    try (RedisProcess source = RedisServers.start()) {
      fill(source);
      try (HubProcess hub = HubProcess.of(source, KEYS)) {
        var request = new HttpLoad(hub.httpPort(), "0");
        for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
          measure(round, tcp, () -> byTcp(system, hub.tcpPort()));
          measure(round, http, request::load);
        }
      }
    } finally {
      system.terminate();
    }
    Spread tcpSeconds = Spread.of(tcp);
    report.table(
        List.of("", "seconds", "k keys/s", "of TCP"),
        List.of(
            row("TCP, Java client", tcpSeconds, tcpSeconds),
            row("HTTP, protobuf and zstd", Spread.of(http), tcpSeconds)));
  }

  private static List<String> row(String name, Spread seconds, Spread tcpSeconds) {
    return List.of(
        name,
        seconds.text("%.2f"),
        seconds.rate(KEYS / 1e3).text("%.0f"),
        String.format(Locale.ROOT, "%.2f", tcpSeconds.median() / seconds.median()));
  }

  private static void measure(int round, List<Double> seconds, Way way)
      throws IOException, InterruptedException {
    long startNs = System.nanoTime();
    CountingSink.Count count = way.load();
    if (round >= 0) {
      seconds.add(Waiting.secondsSince(startNs));
    }
    var expected = new CountingSink.Count(KEYS, (long) KEYS * VALUE_BYTES);
    if (!count.equals(expected)) {
      throw new IOException("loaded " + count + " of " + expected);
    }
  }

  private static CountingSink.Count byTcp(ActorSystem<?> system, int port)
      throws IOException, InterruptedException {
    var sink = new CountingSink();
    var settings =
        new ClientSettings(
            List.of(InetSocketAddress.createUnresolved("127.0.0.1", port)),
            List.of(new ClientSettings.ClientSubscription("0", List.of())),
            "benchmark",
            8 << 20,
            Duration.ofMillis(200),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            true);
    try {
      Client.start(system, settings, sink, new SimpleMeterRegistry())
          .whenDone()
          .toCompletableFuture()
          .get();
    } catch (ExecutionException e) {
      throw new IOException("the client failed: " + e.getCause().getMessage(), e);
    }
    return sink.count();
  }

  private static void fill(RedisProcess source) throws IOException {
    var random = new Random(5);
    byte[] bytes = new byte[VALUE_BYTES / 4 * 3];
    try (var connection = new RedisConnection(source.port())) {
      for (int key = 0; key < KEYS; key++) {
        random.nextBytes(bytes);
        byte[] value = Base64.getEncoder().encode(bytes);
        byte[] name =
            String.format(Locale.ROOT, "key:%07d", key).getBytes(StandardCharsets.US_ASCII);
        connection.set(name, value, 0, value.length);
        if (connection.pending() == 1000) {
          connection.flushSets();
        }
      }
      connection.flushSets();
    }
  }
}
