package io.replicator.http;

import io.replicator.actors.hub.StatusQuery;
import io.replicator.actors.hub.StatusQuery.Sort;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import io.replicator.http.exchange.RequestTarget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** The query of {@code /v1/status}: {@code sessions=100&sort=lag|id|client&search=text}. */
final class StatusParameters {
  private StatusParameters() {}

  /**
   * @throws ProblemException 400 that says what is wrong and what is allowed
   */
  static StatusQuery read(String query) {
    int sessions = StatusQuery.DEFAULT.sessions();
    Sort sort = StatusQuery.DEFAULT.sort();
    String search = StatusQuery.DEFAULT.search();
    for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : text(parameter.substring(equals + 1));
      switch (name) {
        case "sessions" -> sessions = number(value);
        case "sort" -> sort = sort(value);
        case "search" -> search = value;
        default ->
            throw wrong("parameter \"" + name + "\" is unknown; allowed: sessions, sort, search");
      }
    }
    try {
      return new StatusQuery(sessions, sort, search);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private static int number(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw wrong("sessions=\"" + value + "\"; allowed: 0 to " + StatusQuery.SESSIONS_MAX);
    }
  }

  private static Sort sort(String value) {
    return Arrays.stream(Sort.values())
        .filter(sort -> word(sort).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    "sort=\""
                        + value
                        + "\"; allowed: "
                        + Arrays.stream(Sort.values())
                            .map(StatusParameters::word)
                            .collect(Collectors.joining(", "))));
  }

  private static String word(Sort sort) {
    return sort.name().toLowerCase(Locale.ROOT);
  }

  private static String text(String encoded) {
    return new String(RequestTarget.decoded(encoded, true).toArray(), StandardCharsets.UTF_8);
  }

  private static ProblemException wrong(String detail) {
    return Problem.of(StatusCodes.BAD_REQUEST, detail).exception();
  }
}
