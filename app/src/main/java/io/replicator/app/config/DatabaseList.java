package io.replicator.app.config;

import io.replicator.replication.QosLevel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Databases as {@code 5,0,3} (the order gives the lanes) or {@code 5:realtime,0:idle}. */
final class DatabaseList {
  static final String QOS_WORDS = "realtime, high, low, idle";
  static final String ALLOWED =
      "database numbers from 0 to 9999, each once, each with :QOS or none (" + QOS_WORDS + ")";
  static final String ALLOWED_EMBEDDED =
      "names of 1 to 64 letters, digits, '_', '.', '-', each once, each with :QOS or none ("
          + QOS_WORDS
          + ")";
  private static final Pattern NUMBER = Pattern.compile("0|[1-9]\\d{0,3}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  private DatabaseList() {}

  record Entry(String name, QosLevel level) {}

  static boolean isNumber(String name) {
    return NUMBER.matcher(name).matches();
  }

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  static List<Entry> read(Settings settings, String key, boolean numbersOnly) {
    String allowed = numbersOnly ? ALLOWED : ALLOWED_EMBEDDED;
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String text : settings.list(key, allowed)) {
      String[] parts = text.split(":", 2);
      boolean right = numbersOnly ? isNumber(parts[0]) : isName(parts[0]);
      if (!right || !names.add(parts[0])) {
        throw settings.wrong(key, text, allowed);
      }
      try {
        QosLevel level = parts.length == 2 ? qos(parts[1]) : byPosition(entries.size());
        entries.add(new Entry(parts[0], level));
      } catch (IllegalArgumentException e) {
        throw settings.wrong(key, text, e.getMessage());
      }
    }
    return entries;
  }

  /**
   * @throws IllegalArgumentException that says which words there are
   */
  static QosLevel qos(String word) {
    for (QosLevel level : QosLevel.values()) {
      if (level.name().toLowerCase(Locale.ROOT).equals(word)) {
        return level;
      }
    }
    throw new IllegalArgumentException(QOS_WORDS);
  }

  private static QosLevel byPosition(int position) {
    QosLevel[] levels = QosLevel.values();
    return levels[Math.min(position, levels.length - 1)];
  }
}
