package io.replicator.app.text;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
public final class Units {
  private static final String[] BYTES = {"B", "kB", "MB", "GB", "TB", "PB"};

  private Units() {}

  /** With thousands apart: {@code 1,234,567}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** With three digits that matter, decimal units: {@code 1.23 MB}. */
  public static String bytes(long bytes) {
    if (Math.abs(bytes) < 1000) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 999.5 && unit < BYTES.length - 1) {
      value /= 1000;
      unit++;
    }
    String form = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, form, value, BYTES[unit]);
  }

  /** {@code 420 ms}, {@code 12.3 s}, {@code 4 min 05 s}, {@code 3 h 12 min} or {@code 5 d 3 h}. */
  public static String time(Duration time) {
    long ms = time.toMillis();
    if (ms < 1000) {
      return ms + " ms";
    }
    if (ms < 60_000) {
      return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
    }
    if (time.toHours() < 1) {
      return String.format(Locale.ROOT, "%d min %02d s", time.toMinutes(), time.toSecondsPart());
    }
    if (time.toDays() < 1) {
      return String.format(Locale.ROOT, "%d h %02d min", time.toHours(), time.toMinutesPart());
    }
    return time.toDays() + " d " + time.toHoursPart() + " h";
  }

  /** How many times smaller: {@code 4.2×}; a dash when there is nothing to compare. */
  public static String ratio(long before, long after) {
    return before <= 0 || after <= 0
        ? "–"
        : String.format(Locale.ROOT, "%.1f×", (double) before / after);
  }
}
