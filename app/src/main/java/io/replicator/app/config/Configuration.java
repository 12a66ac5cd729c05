package io.replicator.app.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.replicator.app.process.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The whole configuration: options before the file given with {@code --config}, before what the
 * application sets for its libraries, before the {@code reference.conf} of every module.
 */
public final class Configuration {
  private static final Set<String> ROOTS = Set.of("replicator", "pekko");

  private final Config config;

  private Configuration(Config config) {
    this.config = config;
  }

  /**
   * Loads and merges.
   *
   * @param fileOrNull of {@code --config}
   * @throws UsageException when the file is missing, cannot be parsed or has keys that nobody reads
   */
  public static Configuration load(Overrides overrides, Path fileOrNull) {
    Config reference = ConfigFactory.defaultReferenceUnresolved();
    Config file = fileOrNull == null ? ConfigFactory.empty() : parse(fileOrNull, reference);
    // Resolved without system properties: a stray -Dreplicator.… must not change what was checked.
    try {
      return new Configuration(
          overrides
              .config()
              .withFallback(file)
              .withFallback(ConfigFactory.parseResources("application.conf"))
              .withFallback(reference)
              .resolve());
    } catch (ConfigException e) {
      throw new UsageException("option --config: " + oneLine(e.getMessage()));
    }
  }

  /** For the actor system. */
  public Config whole() {
    return config;
  }

  /** The settings under {@code path}. */
  Settings settings(String path) {
    return new Settings(config, path);
  }

  private static Config parse(Path path, Config reference) {
    if (!Files.isReadable(path) || Files.isDirectory(path)) {
      throw new UsageException(
          "option --config: \"" + path + "\" cannot be read; allowed: a file in HOCON or JSON");
    }
    Config file;
    try {
      file =
          ConfigFactory.parseFile(
              path.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
    } catch (ConfigException e) {
      throw new UsageException(
          "option --config: \"" + path + "\" is not HOCON or JSON: " + oneLine(e.getMessage()));
    }
    for (Map.Entry<String, ConfigValue> root : file.root().entrySet()) {
      if (!ROOTS.contains(root.getKey())) {
        throw unknown(root.getKey(), root.getValue(), ROOTS);
      }
    }
    refuseUnknown("", file.root(), reference.root());
    return file;
  }

  /** Libraries may be given any key of theirs; ours are all in reference.conf. */
  private static void refuseUnknown(String prefix, ConfigObject given, ConfigObject known) {
    for (Map.Entry<String, ConfigValue> entry : given.entrySet()) {
      String path = prefix + entry.getKey();
      ConfigValue knownValue = known.get(entry.getKey());
      if (path.equals("pekko")) {
        continue;
      }
      if (knownValue == null) {
        throw unknown(path, entry.getValue(), known.keySet());
      }
      if (knownValue instanceof ConfigObject knownObject) {
        if (!(entry.getValue() instanceof ConfigObject givenObject)) {
          throw new UsageException(
              "setting "
                  + path
                  + where(entry.getValue().origin())
                  + " is a section; allowed: { … }");
        }
        refuseUnknown(path + ".", givenObject, knownObject);
      }
    }
  }

  private static UsageException unknown(String path, ConfigValue value, Set<String> allowed) {
    return new UsageException(
        "setting "
            + path
            + where(value.origin())
            + " is unknown; allowed: "
            + String.join(", ", new TreeSet<>(allowed)));
  }

  /** {@code " (file: line)"}. */
  static String where(ConfigOrigin origin) {
    if (origin.filename() == null) {
      return "";
    }
    String line = origin.lineNumber() > 0 ? ": " + origin.lineNumber() : "";
    return " (" + Path.of(origin.filename()).getFileName() + line + ")";
  }

  static String oneLine(String message) {
    return message == null ? "" : message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }
}
