package io.replicator.app.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of text under a heading, columns as wide as their widest cell. A heading that begins with
 * {@code >} aligns its column to the right.
 */
public final class Table {
  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  public Table row(String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells, " + headings.size() + " columns");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** Lines without a line break at the end. */
  public List<String> lines() {
    List<List<String>> all = new ArrayList<>();
    all.add(headings.stream().map(heading -> heading.replaceFirst("^>", "")).toList());
    all.addAll(rows);
    int[] widths = new int[headings.size()];
    for (List<String> row : all) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], width(row.get(column)));
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : all) {
      var line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        String cell = row.get(column);
        String padding = " ".repeat(widths[column] - width(cell));
        boolean right = headings.get(column).startsWith(">");
        line.append(column == 0 ? "" : "  ");
        line.append(right ? padding + cell : cell + padding);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  @Override
  public String toString() {
    return String.join("\n", lines()) + "\n";
  }
}
