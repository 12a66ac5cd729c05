package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What the numbers were measured on. */
final class Machine {
  private static final Path CONGESTION_CONTROL =
      Path.of("/proc/sys/net/ipv4/tcp_congestion_control");
  private static final Path LOAD = Path.of("/proc/loadavg");

  private Machine() {}

  static String text() throws IOException {
    return String.format(
        "%s, commit %s, %d processors, load at the start %s, %s %s, TCP congestion control %s, JDK %s,"
            + " redis-server %s",
        Instant.now().truncatedTo(ChronoUnit.MINUTES),
        System.getProperty("benchmarks.commit", "unknown"),
        Runtime.getRuntime().availableProcessors(),
        line(LOAD).split(" ", 2)[0],
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        line(CONGESTION_CONTROL),
        Runtime.version(),
        redisVersion());
  }

  private static String line(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file).strip() : "unknown";
  }

  private static String redisVersion() throws IOException {
    try (RedisProcess server = RedisServers.start();
        var connection = new RedisConnection(server.port())) {
      return ((String) connection.call("INFO", "server"))
          .lines()
          .filter(line -> line.startsWith("redis_version:"))
          .map(line -> line.substring("redis_version:".length()))
          .findFirst()
          .orElse("unknown");
    }
  }
}
