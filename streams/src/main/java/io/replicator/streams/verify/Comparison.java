package io.replicator.streams.verify;

import java.util.List;

/**
 * What a comparison found.
 *
 * @param keys compared
 * @param differences keys that differ, or are on one side only
 * @param examples the first of them, in words
 */
public record Comparison(long keys, long differences, List<String> examples) {
  public Comparison {
    examples = List.copyOf(examples);
  }

  public boolean equal() {
    return differences == 0;
  }
}
