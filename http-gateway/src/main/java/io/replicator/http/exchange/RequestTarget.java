package io.replicator.http.exchange;

import io.replicator.replication.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;

/**
 * What a request asks for, as it was written: keys are bytes, and a library that decodes them as
 * text, or takes {@code %2F} for a slash, would lose some.
 *
 * @param path without the query, still percent-encoded
 * @param query without its question mark, still percent-encoded; empty for none
 */
public record RequestTarget(String path, String query) {
  /** The target of {@code request}; its raw form where the server kept it. */
  public static RequestTarget of(HttpRequest request) {
    return request
        .getHeader(RawRequestURI.class)
        .map(raw -> parse(raw.uri()))
        .orElseGet(() -> parse(request.getUri().toString()));
  }

  static RequestTarget parse(String raw) {
    String target = raw;
    int scheme = target.indexOf("://");
    if (!target.startsWith("/") && scheme > 0) {
      // The absolute form, which proxies get.
      int slash = target.indexOf('/', scheme + 3);
      target = slash < 0 ? "/" : target.substring(slash);
    }
    int fragment = target.indexOf('#');
    if (fragment >= 0) {
      target = target.substring(0, fragment);
    }
    int query = target.indexOf('?');
    return query < 0
        ? new RequestTarget(target, "")
        : new RequestTarget(target.substring(0, query), target.substring(query + 1));
  }

  /** What is between the slashes of the path, still encoded; {@code /a/b} has two. */
  public List<String> segments() {
    List<String> segments = new ArrayList<>();
    int from = 1;
    while (from <= path.length()) {
      int slash = path.indexOf('/', from);
      int end = slash < 0 ? path.length() : slash;
      segments.add(path.substring(from, end));
      from = end + 1;
    }
    return segments;
  }

  /**
   * The bytes that {@code encoded} stands for.
   *
   * @param plusIsSpace as in a query
   * @throws ProblemException 400 for a {@code %} without two hex digits
   */
  public static Bytes decoded(String encoded, boolean plusIsSpace) {
    byte[] source = encoded.getBytes(StandardCharsets.UTF_8);
    byte[] target = new byte[source.length];
    int length = 0;
    for (int i = 0; i < source.length; i++) {
      byte b = source[i];
      if (b == '%') {
        int high = i + 2 < source.length ? Character.digit(source[i + 1], 16) : -1;
        int low = i + 2 < source.length ? Character.digit(source[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw Problem.of(
                  StatusCodes.BAD_REQUEST,
                  "\"" + encoded + "\" has a % without two hexadecimal digits; a % itself is %25")
              .exception();
        }
        target[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        target[length++] = b == '+' && plusIsSpace ? (byte) ' ' : b;
      }
    }
    return Bytes.wrap(target, 0, length).compact();
  }

  /** {@code bytes} as they are written in a path or a query. */
  public static String encoded(Bytes bytes) {
    var text = new StringBuilder(bytes.length() + 16);
    for (int i = 0; i < bytes.length(); i++) {
      int b = bytes.at(i) & 0xff;
      boolean unreserved =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || "-._~:".indexOf(b) >= 0;
      if (unreserved) {
        text.append((char) b);
      } else {
        text.append('%').append(HEX.charAt(b >> 4)).append(HEX.charAt(b & 15));
      }
    }
    return text.toString();
  }

  private static final String HEX = "0123456789ABCDEF";
}
