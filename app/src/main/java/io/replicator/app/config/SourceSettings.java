package io.replicator.app.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The Redis server to capture from.
 *
 * @param addresses of the server, or with a sentinel master of its sentinels; tried in turn
 * @param sentinelMaster name of the master that the sentinels watch, empty without
 * @param databases captured, by number
 * @param username and {@code password}: empty for none
 * @param tlsAuthorities PEM file of the authorities to trust, null for those of the JVM
 * @param spoolBytesMax disk for what was read and is not stored yet
 * @param tlsCertificate PEM file with the certificate and key to present, null for none
 */
public record SourceSettings(
    List<HostPort> addresses,
    String sentinelMaster,
    List<String> databases,
    String username,
    String password,
    boolean tls,
    Path tlsAuthorities,
    Path tlsCertificate,
    long spoolBytesMax,
    Duration connectTimeout,
    Duration readTimeout) {

  static SourceSettings read(Settings source, List<String> databases) {
    List<HostPort> addresses =
        source.parsedList("addresses", HostPort.ALLOWED, text -> HostPort.parse(text, "127.0.0.1"));
    String sentinel = source.text("sentinel").strip();
    if (addresses.isEmpty()) {
      throw source.wrong("addresses", "", HostPort.ALLOWED);
    }
    Path authorities = file(source, "tls-ca");
    Path certificate = file(source, "tls-crt");
    return new SourceSettings(
        addresses,
        sentinel,
        databases,
        source.text("username"),
        source.text("password"),
        source.flag("tls") || authorities != null || certificate != null,
        authorities,
        certificate,
        source.bytes("spool-bytes-max", 1 << 20, 1L << 40),
        source.duration("connect-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
        source.duration("read-timeout", Duration.ofSeconds(1), Duration.ofHours(1)));
  }

  private static Path file(Settings source, String key) {
    String text = source.text(key);
    if (text.isBlank()) {
      return null;
    }
    String allowed = "a PEM file that can be read";
    Path file =
        source.parsed(
            key,
            name -> {
              try {
                return Path.of(name);
              } catch (InvalidPathException e) {
                throw new IllegalArgumentException(allowed, e);
              }
            });
    return source.check(key, Files.isReadable(file) && Files.isRegularFile(file), allowed, file);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "SourceSettings[" + addresses + ", " + sentinelMaster + ", " + databases + "]";
  }
}
