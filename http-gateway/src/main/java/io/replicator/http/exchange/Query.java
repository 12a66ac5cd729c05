package io.replicator.http.exchange;

import io.replicator.replication.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * The parameters of a request, each of them one that the route knows. What is wrong with one is a
 * {@link ProblemException} with 400, and says what is allowed: a name that is misspelled would
 * otherwise be passed over in silence.
 */
public final class Query {
  private static final int PARAMETERS_MAX = 1_100;
  private static final int SHOWN_MAX = 60;

  private final Map<String, List<Bytes>> values;

  private Query(Map<String, List<Bytes>> values) {
    this.values = values;
  }

  /**
   * @param allowed names of parameters
   */
  public static Query of(RequestTarget target, List<String> allowed) {
    Map<String, List<Bytes>> values = new LinkedHashMap<>();
    if (target.query().isEmpty()) {
      return new Query(values);
    }
    String[] parameters = target.query().split("&", PARAMETERS_MAX + 1);
    if (parameters.length > PARAMETERS_MAX) {
      throw wrong("more than " + PARAMETERS_MAX + " parameters are not allowed");
    }
    for (String parameter : parameters) {
      if (parameter.isEmpty()) {
        continue;
      }
      int equals = parameter.indexOf('=');
      String rawName = equals < 0 ? parameter : parameter.substring(0, equals);
      String name = RequestTarget.decoded(rawName, true).asUtf8();
      if (!allowed.contains(name)) {
        String known = allowed.isEmpty() ? "none" : String.join(", ", allowed);
        throw wrong("unknown parameter \"" + cut(name) + "\"; allowed: " + known);
      }
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      values
          .computeIfAbsent(name, ignored -> new ArrayList<>(1))
          .add(RequestTarget.decoded(value, true));
    }
    return new Query(values);
  }

  public List<Bytes> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The one value of a parameter, null where it is absent. */
  public Bytes one(String name) {
    List<Bytes> all = all(name);
    if (all.size() > 1) {
      throw wrong("parameter \"" + name + "\" comes " + all.size() + " times; allowed: once");
    }
    return all.isEmpty() ? null : all.get(0);
  }

  /** The one value of a parameter that is a number. */
  public int number(String name, int min, int max, int whenAbsent) {
    Bytes value = one(name);
    if (value == null) {
      return whenAbsent;
    }
    try {
      int number = Integer.parseInt(value.asUtf8());
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As wrong as a number that is not allowed.
      throw notAllowed(name, value, min, max);
    }
    throw notAllowed(name, value, min, max);
  }

  private static ProblemException notAllowed(String name, Bytes value, int min, int max) {
    return wrong(
        "parameter \""
            + name
            + "\": \""
            + cut(value.toString())
            + "\" is not allowed; allowed: a whole number from "
            + min
            + " to "
            + max);
  }

  static ProblemException wrong(String detail) {
    return Problem.of(StatusCodes.BAD_REQUEST, detail).exception();
  }

  private static String cut(String text) {
    return text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
  }
}
