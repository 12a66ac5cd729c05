package io.replicator.http.entries;

import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import io.replicator.http.exchange.Query;
import io.replicator.replication.Bytes;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.streams.WireMapping;
import java.util.List;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** The parameter {@code pattern}: which keys a request is about. */
final class Patterns {
  static final String NAME = "pattern";

  private Patterns() {}

  /**
   * @throws ProblemException 400 for too many patterns or too long ones
   */
  static KeyFilter filter(Query query) {
    List<Bytes> patterns = query.all(NAME);
    if (patterns.isEmpty()) {
      return KeyFilter.ALL;
    }
    if (patterns.size() > WireMapping.GLOBS_MAX) {
      throw wrong(patterns.size() + " patterns, at most " + WireMapping.GLOBS_MAX);
    }
    for (Bytes pattern : patterns) {
      if (pattern.isEmpty() || pattern.length() > WireMapping.GLOB_BYTES_MAX) {
        throw wrong(
            "a pattern of " + pattern.length() + " bytes, from 1 to " + WireMapping.GLOB_BYTES_MAX);
      }
    }
    return new KeyFilter(patterns.stream().map(KeyGlob::of).toList(), List.of());
  }

  private static ProblemException wrong(String detail) {
    return Problem.of(StatusCodes.BAD_REQUEST, detail + " are allowed").exception();
  }
}
