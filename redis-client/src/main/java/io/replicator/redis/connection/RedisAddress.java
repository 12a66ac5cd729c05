package io.replicator.redis.connection;

import io.lettuce.core.RedisURI;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;

/**
 * Where a Redis server is and how to log in: {@code redis://[user[:password]@]host[:port][/db]},
 * {@code rediss://} for TLS, or {@code host:port}. {@link #toString} never shows credentials.
 *
 * @param user null unless an ACL user logs in
 * @param password null without one
 * @param database the number in the path, 0 without one
 */
public record RedisAddress(
    String host, int port, boolean tls, String user, String password, int database) {
  private static final int DEFAULT_PORT = 6379;
  private static final int DATABASE_MAX = 1 << 20;

  public RedisAddress {
    Objects.requireNonNull(host);
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ", allowed are 1 to 65535");
    }
    if (database < 0 || database > DATABASE_MAX) {
      throw new IllegalArgumentException(
          "database " + database + ", allowed are 0 to " + DATABASE_MAX);
    }
  }

  /**
   * @throws IllegalArgumentException for what is no such address; the message shows no credentials
   */
  public static RedisAddress parse(String text) {
    URI uri;
    try {
      uri = new URI(text.contains("://") ? text : "redis://" + text);
    } catch (URISyntaxException e) {
      // Neither the text nor the cause may be shown: both hold the password.
      throw unreadable();
    }
    boolean tls = "rediss".equals(uri.getScheme());
    if ((!tls && !"redis".equals(uri.getScheme())) || uri.getHost() == null) {
      throw unreadable();
    }
    String user = null;
    String password = null;
    if (uri.getRawUserInfo() != null) {
      int colon = uri.getRawUserInfo().indexOf(':');
      // redis://password@host is the old way to give a password alone.
      user = colon > 0 ? decode(uri.getRawUserInfo().substring(0, colon)) : null;
      password = decode(uri.getRawUserInfo().substring(colon + 1));
    }
    return new RedisAddress(
        uri.getHost(),
        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
        tls,
        user,
        password,
        databaseOf(uri.getPath()));
  }

  /** The same server, another database. */
  public RedisAddress withDatabase(int number) {
    return new RedisAddress(host, port, tls, user, password, number);
  }

  private static int databaseOf(String path) {
    if (path == null || path.isEmpty() || path.equals("/")) {
      return 0;
    }
    try {
      return Integer.parseInt(path.substring(1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "database " + path.substring(1) + " of a Redis address is not a number");
    }
  }

  private static String decode(String raw) {
    // URLDecoder is for forms, where '+' is a space; in the user part of a URI it is itself.
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static IllegalArgumentException unreadable() {
    return new IllegalArgumentException(
        "not a Redis address: expected redis://[user:password@]host[:port][/database] or rediss://…");
  }

  RedisURI toLettuce(Duration timeout) {
    var uri = new RedisURI(host, port, timeout);
    uri.setSsl(tls);
    uri.setDatabase(database);
    uri.setClientName("replicator");
    if (password != null) {
      if (user != null) {
        uri.setAuthentication(user, password.toCharArray());
      } else {
        uri.setAuthentication(password.toCharArray());
      }
    }
    return uri;
  }

  /** Scheme, host, port and database. */
  @Override
  public String toString() {
    String shownHost = host.indexOf(':') >= 0 && host.charAt(0) != '[' ? "[" + host + "]" : host;
    return (tls ? "rediss://" : "redis://") + shownHost + ":" + port + "/" + database;
  }
}
