package io.replicator.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Markdown, printed as it grows. Confined to one thread. */
final class Report {
  private final PrintStream out;
  private final StringBuilder text = new StringBuilder();

  Report(PrintStream out) {
    this.out = out;
  }

  void line(String format, Object... arguments) {
    String line = arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments);
    text.append(line).append('\n');
    out.println(line);
  }

  void table(List<String> header, List<List<String>> rows) {
    var lines = new ArrayList<List<String>>();
    lines.add(header);
    lines.add(header.stream().map(cell -> "---").toList());
    lines.addAll(rows);
    line("");
    for (List<String> cells : lines) {
      line(cells.stream().collect(Collectors.joining(" | ", "| ", " |")));
    }
    line("");
  }

  void writeTo(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text);
  }
}
