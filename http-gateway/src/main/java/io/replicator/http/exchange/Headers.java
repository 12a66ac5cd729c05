package io.replicator.http.exchange;

import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Headers that are the gateway's own, or that the library would rather spell in its own way. */
public final class Headers {
  /** The cursor that an answer is true for. */
  public static final String CURSOR = "Replicator-Cursor";

  /** The key, percent-encoded, after which the next page begins. */
  public static final String AFTER = "Replicator-After";

  public static final HttpHeader NO_STORE = RawHeader.create("Cache-Control", "no-store");

  /** Kept by caches, but asked for again each time: with its tag, which costs little. */
  public static final HttpHeader NO_CACHE = RawHeader.create("Cache-Control", "private, no-cache");

  private Headers() {}

  public static HttpHeader of(String name, String value) {
    return RawHeader.create(name, value);
  }

  /** The tags in a header such as {@code If-Match}, with their quotes and marks of weakness. */
  public static List<String> tags(String header) {
    return Stream.of(header.split(",", -1))
        .map(String::strip)
        .filter(tag -> !tag.isEmpty())
        .toList();
  }
}
