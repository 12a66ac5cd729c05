package io.replicator.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The one-dash options of older releases, as today's. */
final class LegacySpellings {
  private static final String SERVER = "-server";
  private static final Map<String, String> OPTIONS =
      Map.of(
          "-hub", "--hub",
          "-redis", "--redis",
          "-databases", "--databases",
          "-plaindb", "--plaindb",
          "-lv", "--lv",
          "-nowait", "--nowait",
          "-sentinel", "--sentinel",
          "-TLSCA", "--tls-ca",
          "-TLSCRT", "--tls-crt");

  private LegacySpellings() {}

  /** Arguments with the old spellings replaced; {@code -server} anywhere makes it a hub. */
  static String[] translate(String... args) {
    List<String> translated = new ArrayList<>();
    boolean server = false;
    for (String arg : args) {
      int equals = arg.indexOf('=');
      String name = equals < 0 ? arg : arg.substring(0, equals);
      if (arg.equals(SERVER)) {
        server = true;
      } else if (OPTIONS.containsKey(name)) {
        translated.add(OPTIONS.get(name) + arg.substring(name.length()));
      } else {
        translated.add(arg);
      }
    }
    if (server && !translated.contains("hub")) {
      translated.add(0, "hub");
    }
    return translated.toArray(String[]::new);
  }
}
