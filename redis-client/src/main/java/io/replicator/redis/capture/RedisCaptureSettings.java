package io.replicator.redis.capture;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a capture is told; validated by whoever reads the configuration.
 *
 * @param addresses of the server, or with {@code sentinelMaster} of the sentinels; tried in turn,
 *     unresolved
 * @param sentinelMaster name under which the sentinels know the source; empty without sentinels
 * @param user empty for the default user
 * @param password empty for none
 * @param databases numbers of the databases to capture
 * @param valueBytesMax longest value of a string, list, opaque key or field that is captured
 * @param spoolDirectory for this capture alone
 * @param spoolBytesMax read from the source and not yet stored, in memory and on disk, from which
 *     reading pauses
 * @param connectTimeout until the connection stands
 * @param readTimeout how long the source may be silent; longer than its {@code
 *     repl-ping-replica-period}
 */
public record RedisCaptureSettings(
    List<InetSocketAddress> addresses,
    String sentinelMaster,
    String user,
    String password,
    Optional<Tls> tls,
    List<Integer> databases,
    int valueBytesMax,
    Path spoolDirectory,
    long spoolBytesMax,
    Duration connectTimeout,
    Duration readTimeout) {

  /** Keys of the source that begin with this belong to the product, not to the data. */
  public static final String OWN_KEY_PREFIX = "replicator:";

  public RedisCaptureSettings {
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a capture needs an address");
    }
    addresses = List.copyOf(addresses);
    databases = List.copyOf(databases);
  }

  /** What {@code reference.conf} says, for one server without password and TLS. */
  public static RedisCaptureSettings defaults(
      InetSocketAddress address, List<Integer> databases, Path spoolDirectory) {
    return new RedisCaptureSettings(
        List.of(address),
        "",
        "",
        "",
        Optional.empty(),
        databases,
        64 << 20,
        spoolDirectory,
        4L << 30,
        Duration.ofSeconds(10),
        Duration.ofSeconds(60));
  }

  /** No credentials. */
  @Override
  public String toString() {
    return "RedisCaptureSettings["
        + (sentinelMaster.isEmpty() ? "" : sentinelMaster + " of sentinels ")
        + addresses
        + ", databases "
        + databases
        + "]";
  }

  /**
   * Encryption, with PEM files.
   *
   * @param ca certificates to trust; absent for those of the JDK
   * @param certificate what we show to the server; absent for none
   * @param key of {@code certificate}, PKCS #8; may be the same file
   */
  public record Tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {}
}
