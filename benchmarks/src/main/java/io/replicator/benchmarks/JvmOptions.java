package io.replicator.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** What servers' JVMs are started with. */
final class JvmOptions {
  private static final String MORE = "BENCHMARKS_SERVER_OPTS";

  private JvmOptions() {}

  /** These, and what the environment adds, such as a flight recording. */
  static List<String> with(String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    String more = System.getenv(MORE);
    if (more != null && !more.isBlank()) {
      all.addAll(List.of(more.strip().split("\\s+")));
    }
    return all;
  }
}
