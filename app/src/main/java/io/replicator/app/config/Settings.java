package io.replicator.app.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import io.replicator.app.process.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One section of the configuration, read and checked: every reader returns a value that is allowed
 * or throws a {@link UsageException} that names the option or setting, the value and what is
 * allowed.
 */
final class Settings {
  private final Config config;
  private final String prefix;

  Settings(Config config, String prefix) {
    this.config = config;
    this.prefix = prefix;
  }

  Settings section(String key) {
    return new Settings(config, prefix + "." + key);
  }

  String text(String key) {
    return read(key, "text", config::getString);
  }

  boolean flag(String key) {
    return read(key, "on or off", config::getBoolean);
  }

  int integer(String key, int min, int max) {
    String allowed = "a whole number from " + min + " to " + max;
    int value = read(key, allowed, config::getInt);
    return check(key, min <= value && value <= max, allowed, value);
  }

  double fraction(String key, double min, double max) {
    String allowed = "a number from " + min + " to " + max;
    double value = read(key, allowed, config::getDouble);
    return check(key, min <= value && value <= max, allowed, value);
  }

  /** A size with its unit, such as {@code 256 KiB}. */
  long bytes(String key, long min, long max) {
    String allowed = "a size from " + size(min) + " to " + size(max);
    long value = read(key, allowed, config::getBytes);
    return check(key, min <= value && value <= max, allowed, value);
  }

  /** A time with its unit, such as {@code 20 ms}. */
  Duration duration(String key, Duration min, Duration max) {
    String allowed = "a time from " + time(min) + " to " + time(max);
    Duration value = read(key, allowed, config::getDuration);
    return check(key, value.compareTo(min) >= 0 && value.compareTo(max) <= 0, allowed, value);
  }

  /** What {@code parse} makes of the text; its IllegalArgumentException says what is allowed. */
  <T> T parsed(String key, Function<String, T> parse) {
    String text = text(key);
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw wrong(key, text, e.getMessage());
    }
  }

  /** A list, given as one or as text with commas; elements are stripped, empty ones refused. */
  List<String> list(String key, String allowed) {
    ConfigValue value = read(key, allowed, config::getValue);
    Stream<?> elements =
        value instanceof ConfigList list
            ? list.unwrapped().stream()
            : Stream.of(String.valueOf(value.unwrapped()));
    List<String> texts = new ArrayList<>();
    for (String text : elements.map(String::valueOf).toList()) {
      if (!text.isBlank()) {
        // A comma in an element is written \, and left so for whoever reads the element.
        Stream.of(text.split("(?<!\\\\),", -1)).map(String::strip).forEach(texts::add);
      }
    }
    if (texts.stream().anyMatch(String::isEmpty)) {
      throw wrong(key, String.valueOf(value.unwrapped()), allowed);
    }
    return List.copyOf(texts);
  }

  /** The elements of a {@link #list} as {@code parse} makes them. */
  <T> List<T> parsedList(String key, String allowed, Function<String, T> parse) {
    List<T> values = new ArrayList<>();
    for (String text : list(key, allowed)) {
      try {
        values.add(parse.apply(text));
      } catch (IllegalArgumentException e) {
        throw wrong(key, text, e.getMessage());
      }
    }
    return List.copyOf(values);
  }

  <T> T check(String key, boolean right, String allowed, T value) {
    if (!right) {
      throw wrong(key, config.getValue(prefix + "." + key).unwrapped().toString(), allowed);
    }
    return value;
  }

  UsageException wrong(String key, String value, String allowed) {
    String path = prefix + "." + key;
    if (!config.hasPath(path)) {
      return new UsageException("setting " + path + " is missing; allowed: " + allowed);
    }
    return new UsageException(
        name(path, config.getValue(path))
            + ": \""
            + withoutCredentials(Configuration.oneLine(value))
            + "\" is not allowed; allowed: "
            + allowed);
  }

  static String withoutCredentials(String text) {
    return text.replaceAll("://.*@", "://…@");
  }

  /** How whoever set {@code key} calls it. */
  String name(String key) {
    String path = prefix + "." + key;
    return name(path, config.getValue(path));
  }

  private static String name(String path, ConfigValue value) {
    String description = value.origin().description();
    return description.startsWith(Overrides.ORIGIN_PREFIX)
        ? description
        : "setting " + path + Configuration.where(value.origin());
  }

  private <T> T read(String key, String allowed, Function<String, T> reader) {
    String path = prefix + "." + key;
    try {
      return reader.apply(path);
    } catch (ConfigException e) {
      String value = config.hasPath(path) ? String.valueOf(config.getValue(path).unwrapped()) : "";
      throw wrong(key, value, allowed);
    }
  }

  private static String size(long bytes) {
    int unit = Math.min(3, Long.numberOfTrailingZeros(Math.max(1, bytes)) / 10);
    return (bytes >> (10 * unit)) + List.of(" B", " KiB", " MiB", " GiB").get(unit);
  }

  private static String time(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
