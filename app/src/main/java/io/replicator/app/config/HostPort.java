package io.replicator.app.config;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An address as people write it: {@code host:port}, {@code :port} or {@code [v6]:port}. */
public record HostPort(String host, int port) {
  static final String ALLOWED = "HOST:PORT with a port from 1 to 65535";
  static final String ALLOWED_TO_LISTEN = "HOST:PORT with a port from 0 to 65535";
  private static final Pattern FORM =
      Pattern.compile("(?:\\[(?<v6>[0-9A-Fa-f:.%]+)]|(?<host>[A-Za-z0-9._-]*)):(?<port>\\d{1,5})");

  /**
   * Where to connect.
   *
   * @param hostWhenAbsent what {@code :3333} means
   * @throws IllegalArgumentException when {@code text} has another form
   */
  static HostPort parse(String text, String hostWhenAbsent) {
    return parse(text, hostWhenAbsent, 1, ALLOWED);
  }

  /** Where to listen: as {@link #parse(String, String)}, and port 0 for any free one. */
  static HostPort parseToListen(String text) {
    return parse(text, "0.0.0.0", 0, ALLOWED_TO_LISTEN);
  }

  private static HostPort parse(String text, String hostWhenAbsent, int portMin, String allowed) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(allowed);
    }
    int port = Integer.parseInt(form.group("port"));
    if (port < portMin || port > 65_535) {
      throw new IllegalArgumentException(allowed);
    }
    String host = form.group("v6") != null ? form.group("v6") : form.group("host");
    return new HostPort(host.isEmpty() ? hostWhenAbsent : host, port);
  }

  /** For whoever connects: resolved anew at each attempt, not here. */
  public InetSocketAddress unresolved() {
    return InetSocketAddress.createUnresolved(host, port);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
