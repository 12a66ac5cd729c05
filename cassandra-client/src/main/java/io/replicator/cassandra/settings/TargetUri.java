package io.replicator.cassandra.settings;

import io.replicator.cassandra.settings.CassandraTarget.Consistency;
import io.replicator.cassandra.settings.CassandraTarget.Tls;
import io.replicator.replication.KeyGlob;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A target as people write it. Errors name the part that is wrong and what is allowed, never the
 * whole, which may hold a password.
 *
 * <pre>
 *   cassandra://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/KEYSPACE[?OPTION=VALUE[&amp;…]]
 * </pre>
 */
final class TargetUri {
  static final String SCHEME = "cassandra:";

  private static final String ALLOWED =
      "cassandra://[USER:PASSWORD@]HOST[:PORT][,…]/KEYSPACE[?dc=NAME&…]";
  private static final int PORT_DEFAULT = 9042;
  private static final int VALUE_BYTES_DEFAULT = 8 << 20;

  /** A mutation of 16 MiB is the most that a server accepts unless set otherwise. */
  private static final int VALUE_BYTES_MAX = 1 << 30;

  private static final List<String> OPTIONS =
      List.of(
          "dc",
          "database",
          "replication",
          "consistency",
          "create",
          "large",
          "value-max",
          "timeout",
          "tls",
          "tls-ca",
          "tls-crt");

  private final String authority;
  private final String keyspace;
  private final Map<String, String> options = new LinkedHashMap<>();

  TargetUri(String text) {
    String prefix = SCHEME + "//";
    if (!text.startsWith(prefix)) {
      throw new IllegalArgumentException(ALLOWED);
    }
    String rest = text.strip().substring(prefix.length());
    int question = rest.indexOf('?');
    String query = question < 0 ? "" : rest.substring(question + 1);
    String place = question < 0 ? rest : rest.substring(0, question);
    int slash = place.indexOf('/');
    if (slash <= 0) {
      throw new IllegalArgumentException(ALLOWED);
    }
    this.authority = place.substring(0, slash);
    this.keyspace = decode(place.substring(slash + 1));
    if (!keyspace.matches("[A-Za-z][A-Za-z0-9_]{0,47}")) {
      throw new IllegalArgumentException(
          ALLOWED + ", where KEYSPACE is a letter and up to 47 letters, digits and _");
    }
    for (String option : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (!OPTIONS.contains(name)) {
        throw new IllegalArgumentException(
            "options " + String.join(", ", OPTIONS) + ", and not " + name);
      }
      options.put(name, equals < 0 ? "" : decode(option.substring(equals + 1)));
    }
  }

  private static String decode(String text) {
    // A plus sign is itself here: globs and passwords hold them.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  CassandraTarget target() {
    int at = authority.lastIndexOf('@');
    String credentials = at < 0 ? "" : authority.substring(0, at);
    int colon = credentials.indexOf(':');
    if (at >= 0 && colon < 1) {
      throw new IllegalArgumentException(ALLOWED + ", with both USER and PASSWORD");
    }
    return new CassandraTarget(
        contactPoints(authority.substring(at + 1)),
        keyspace,
        options.getOrDefault("dc", ""),
        at < 0 ? "" : decode(credentials.substring(0, colon)),
        at < 0 ? "" : decode(credentials.substring(colon + 1)),
        tls(),
        replication(),
        consistency(),
        flag("create", true),
        large(),
        (int) number("value-max", VALUE_BYTES_DEFAULT, 1, VALUE_BYTES_MAX),
        Duration.ofMillis(number("timeout", 2_000, 1, 600_000)),
        (int) number("database", -1, 0, 9_999));
  }

  private static List<InetSocketAddress> contactPoints(String hosts) {
    List<InetSocketAddress> points = new ArrayList<>();
    for (String host : hosts.split(",", -1)) {
      String name = host;
      int port = PORT_DEFAULT;
      int colon = host.lastIndexOf(':');
      boolean bareAddress6 = host.startsWith("[") && host.endsWith("]");
      if (colon >= 0 && !bareAddress6) {
        name = host.substring(0, colon);
        String digits = host.substring(colon + 1);
        if (!digits.matches("\\d{1,5}")
            || Integer.parseInt(digits) > 65_535
            || Integer.parseInt(digits) == 0) {
          throw new IllegalArgumentException(ALLOWED + ", where PORT is 1 to 65535");
        }
        port = Integer.parseInt(digits);
      }
      if (name.isBlank()) {
        throw new IllegalArgumentException(ALLOWED);
      }
      points.add(InetSocketAddress.createUnresolved(name, port));
    }
    return List.copyOf(points);
  }

  private Tls tls() {
    String authorities = options.getOrDefault("tls-ca", "");
    String certificate = options.getOrDefault("tls-crt", "");
    boolean implied = !authorities.isEmpty() || !certificate.isEmpty();
    return flag("tls", implied) ? new Tls(authorities, certificate) : null;
  }

  /** A number, {@code dc1:3,dc2:2}, or a CQL map. */
  private String replication() {
    String text = options.getOrDefault("replication", "").strip();
    if (text.isEmpty() || (text.startsWith("{") && text.endsWith("}"))) {
      return text;
    }
    if (text.matches("[1-9]\\d?")) {
      return "{'class': 'SimpleStrategy', 'replication_factor': " + text + "}";
    }
    if (text.matches("[\\w.-]+:[1-9]\\d?(,[\\w.-]+:[1-9]\\d?)*")) {
      return Arrays.stream(text.split(",", -1))
          .map(part -> part.split(":", -1))
          .map(part -> "'" + part[0] + "': " + part[1])
          .collect(Collectors.joining(", ", "{'class': 'NetworkTopologyStrategy', ", "}"));
    }
    throw new IllegalArgumentException(
        "replication=3, replication=DC:3,DC:2 or replication={'class': …}");
  }

  private Consistency consistency() {
    String text = options.getOrDefault("consistency", Consistency.LOCAL_QUORUM.name());
    try {
      return Consistency.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "consistency="
              + Arrays.stream(Consistency.values())
                  .map(Enum::name)
                  .collect(Collectors.joining(", ")),
          e);
    }
  }

  private List<KeyGlob> large() {
    String text = options.getOrDefault("large", "");
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(KeyGlob::of).toList();
  }

  private boolean flag(String name, boolean otherwise) {
    return switch (options.getOrDefault(name, otherwise ? "on" : "off")) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> throw new IllegalArgumentException(name + "=on or " + name + "=off");
    };
  }

  private long number(String name, long otherwise, long min, long max) {
    String text = options.get(name);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("\\d{1,10}") || Long.parseLong(text) < min || Long.parseLong(text) > max) {
      throw new IllegalArgumentException(name + "=N with N from " + min + " to " + max);
    }
    return Long.parseLong(text);
  }
}
