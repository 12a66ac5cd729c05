package io.replicator.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What repeated measurements of one thing gave. */
record Spread(double min, double median, double max) {
  static Spread of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Spread(sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]);
  }

  /** As a table shows it. */
  String text(String format) {
    return String.format(
        Locale.ROOT, "%1$s / %1$s / %1$s".replace("%1$s", format), min, median, max);
  }

  /** How this many things a measurement are, in things a second; the order stays. */
  Spread rate(double things) {
    double[] rates = {things / max, things / median, things / min};
    Arrays.sort(rates);
    return new Spread(rates[0], rates[1], rates[2]);
  }
}
