package io.replicator.http;

import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * Who may ask, and what every answer says beside its own headers. Any thread.
 *
 * <p>A page of another origin may ask only where the settings name its origin: otherwise any page
 * that a user happens to open could read a hub that only the user can reach. Programs send no
 * origin. A token, where there is one, is asked for by all that tells of data.
 */
final class Gate {
  /** Subprotocol of WebSocket that carries the token, because browsers set no headers there. */
  static final String TOKEN_PROTOCOL = "replicator.token.";

  private static final String SCRIPT_POLICY = "default-src 'none'; frame-ancestors 'none'";
  private static final String POLICY = "Content-Security-Policy";
  private static final List<HttpHeader> SAFE =
      List.of(
          Headers.of("X-Content-Type-Options", "nosniff"),
          Headers.of("X-Frame-Options", "DENY"),
          Headers.of("Referrer-Policy", "no-referrer"));
  private static final String EXPOSED =
      "Replicator-Cursor, Replicator-After, ETag, Link, Allow, Retry-After";
  private static final String ASKED_WITH =
      "Accept, Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID";
  private static final String PREFLIGHT_SECONDS = "600";

  private final Set<String> origins;
  private final byte[] token;
  private final GatewayMeters meters;

  Gate(GatewaySettings settings, GatewayMeters meters) {
    this.origins = Set.copyOf(settings.allowedOrigins());
    this.token = settings.token().getBytes(StandardCharsets.UTF_8);
    this.meters = meters;
  }

  /**
   * The answer to a request that gets no further; null where it may pass.
   *
   * @param methods that there are for what is asked for
   * @param open whether it is told without a token
   */
  HttpResponse refuse(HttpRequest request, String path, Set<String> methods, boolean open) {
    String origin = header(request, "origin");
    if (origin != null && !isAllowed(origin, request)) {
      meters.rejected("origin");
      return Problem.of(
              StatusCodes.FORBIDDEN,
              "pages of origin \""
                  + (origin.length() > 200 ? origin.substring(0, 200) + "…" : origin)
                  + "\" may not ask this hub; allowed: its own pages, and what allowed-origins names")
          .answer(path);
    }
    if (request.method().equals(HttpMethods.OPTIONS)) {
      return options(request, methods);
    }
    return open ? null : refuseWithoutToken(request, path);
  }

  private boolean isAllowed(String origin, HttpRequest request) {
    return origins.contains("*")
        || origins.contains(origin)
        || isSameHost(origin, header(request, "host"));
  }

  // The scheme is not compared: behind a proxy that ends TLS it is another one.
  private static boolean isSameHost(String origin, String host) {
    if (host == null) {
      return false;
    }
    int scheme = origin.indexOf("://");
    if (scheme < 0) {
      return false;
    }
    String port =
        switch (origin.substring(0, scheme)) {
          case "http" -> ":80";
          case "https" -> ":443";
          default -> "";
        };
    String at = origin.substring(scheme + 3).toLowerCase(Locale.ROOT);
    String asked = host.toLowerCase(Locale.ROOT);
    return !at.isEmpty() && (at.equals(asked) || (at + port).equals(asked));
  }

  private static HttpResponse options(HttpRequest request, Set<String> methods) {
    List<String> allowed = new ArrayList<>(methods);
    if (methods.contains("GET")) {
      allowed.add("HEAD");
    }
    String all = String.join(", ", allowed);
    HttpResponse response =
        HttpResponse.create()
            .withStatus(StatusCodes.NO_CONTENT)
            .addHeader(Headers.of("Allow", all));
    if (header(request, "access-control-request-method") == null) {
      return response;
    }
    response =
        response
            .addHeader(Headers.of("Access-Control-Allow-Methods", all))
            .addHeader(Headers.of("Access-Control-Allow-Headers", ASKED_WITH))
            .addHeader(Headers.of("Access-Control-Max-Age", PREFLIGHT_SECONDS));
    return header(request, "access-control-request-private-network") == null
        ? response
        : response.addHeader(Headers.of("Access-Control-Allow-Private-Network", "true"));
  }

  private HttpResponse refuseWithoutToken(HttpRequest request, String path) {
    if (token.length == 0) {
      return null;
    }
    byte[] shown = shownToken(request);
    // Takes as long for a token that is nearly right as for any other.
    if (shown != null && MessageDigest.isEqual(shown, token)) {
      return null;
    }
    meters.rejected("token");
    String challenge = "Bearer realm=\"replicator\"";
    return Problem.of(
            StatusCodes.UNAUTHORIZED,
            shown == null
                ? "a token is needed: Authorization: Bearer …"
                : "the token is not the one of this hub")
        .with(
            Headers.of(
                "WWW-Authenticate",
                shown == null ? challenge : challenge + ", error=\"invalid_token\""))
        .answer(path);
  }

  private static byte[] shownToken(HttpRequest request) {
    String authorization = header(request, "authorization");
    if (authorization != null) {
      return authorization.regionMatches(true, 0, "Bearer ", 0, 7)
          ? authorization.substring(7).strip().getBytes(StandardCharsets.UTF_8)
          : null;
    }
    String protocols = header(request, "sec-websocket-protocol");
    if (protocols == null) {
      return null;
    }
    for (String protocol : protocols.split(",", 20)) {
      String name = protocol.strip();
      if (name.startsWith(TOKEN_PROTOCOL)) {
        try {
          return Base64.getUrlDecoder().decode(name.substring(TOKEN_PROTOCOL.length()));
        } catch (IllegalArgumentException e) {
          // As wrong as any other: no token of ours.
          return new byte[0];
        }
      }
    }
    return null;
  }

  /** The answer with what every one says. */
  HttpResponse dressed(HttpRequest request, HttpResponse response) {
    HttpResponse dressed = response.addHeaders(SAFE);
    if (response.getHeader(POLICY).isEmpty()) {
      dressed = dressed.addHeader(Headers.of(POLICY, SCRIPT_POLICY));
    }
    String origin = header(request, "origin");
    if (origin != null && isAllowed(origin, request)) {
      dressed =
          dressed
              .addHeader(Headers.of("Access-Control-Allow-Origin", origin))
              .addHeader(Headers.of("Access-Control-Expose-Headers", EXPOSED));
    }
    return origins.isEmpty() ? dressed : dressed.addHeader(Headers.of("Vary", "Origin"));
  }

  private static String header(HttpRequest request, String name) {
    return request.getHeader(name).map(header -> header.value().strip()).orElse(null);
  }
}
