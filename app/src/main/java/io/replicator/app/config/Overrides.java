package io.replicator.app.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;

/**
 * What the command line sets, as configuration: one value per option, remembering the option's name
 * so that a wrong value is reported as what the user typed.
 */
public final class Overrides {
  static final String ORIGIN_PREFIX = "option ";
  private Config config = ConfigFactory.empty();

  /** Sets {@code path} when the option was given. */
  public Overrides set(String path, String option, Object valueOrNull) {
    if (valueOrNull != null) {
      config =
          config.withValue(
              path, ConfigValueFactory.fromAnyRef(valueOrNull, ORIGIN_PREFIX + option));
    }
    return this;
  }

  /** Sets {@code path} when the option was given at least once. */
  public Overrides setAll(String path, String option, List<String> values) {
    return set(path, option, values.isEmpty() ? null : values);
  }

  /** Sets {@code path} to {@code value} when the flag was given. */
  public Overrides setIf(boolean given, String path, String option, Object value) {
    return set(path, option, given ? value : null);
  }

  Config config() {
    return config;
  }
}
