package io.replicator.app.config;

import io.replicator.app.process.UsageException;
import io.replicator.redis.connection.RedisAddress;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * A Redis server, and perhaps one of its databases, as options name it.
 *
 * @param namesDatabase whether there is a database in it, and not just the default one
 */
public record RedisUri(RedisAddress address, boolean namesDatabase) {
  static final String ALLOWED =
      "redis://[USER:PASSWORD@]HOST[:PORT][/DB] or the same with rediss://, DB from 0 to 9999";

  /**
   * @throws IllegalArgumentException that says which form there is
   */
  static RedisUri parse(String text) {
    try {
      URI uri = new URI(text.strip());
      String path = uri.getPath() == null ? "" : uri.getPath();
      boolean namesDatabase = path.length() > 1;
      if (uri.getScheme() == null
          || uri.getQuery() != null
          || uri.getFragment() != null
          || (namesDatabase && !DatabaseList.isNumber(path.substring(1)))) {
        throw new IllegalArgumentException(ALLOWED);
      }
      return new RedisUri(RedisAddress.parse(text.strip()), namesDatabase);
    } catch (URISyntaxException | IllegalArgumentException e) {
      // Not as a cause: its message would show the password.
      throw new IllegalArgumentException(ALLOWED);
    }
  }

  /**
   * The value of an option.
   *
   * @throws UsageException when it is none
   */
  public static RedisAddress ofOption(String option, String text) {
    try {
      return parse(text).address();
    } catch (IllegalArgumentException e) {
      throw wrong(option, text, e);
    }
  }

  /** That {@code text} is no value of {@code option}, in words without credentials. */
  static UsageException wrong(String option, String text, IllegalArgumentException allowed) {
    return new UsageException(
        Overrides.ORIGIN_PREFIX
            + option
            + ": \""
            + Settings.withoutCredentials(text)
            + "\" is not allowed; allowed: "
            + allowed.getMessage());
  }
}
