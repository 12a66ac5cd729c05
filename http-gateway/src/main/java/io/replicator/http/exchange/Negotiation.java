package io.replicator.http.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** What form of an answer a client likes best, by what it says it accepts (RFC 9110, 12.5). */
public final class Negotiation {
  private static final int RANGES_MAX = 100;

  private Negotiation() {}

  /**
   * The media type that the client likes best, the earlier one of equals.
   *
   * @param offers as {@code type/subtype}, in lower case
   * @throws ProblemException 406 with what there is, where it likes none
   */
  public static String mediaType(HttpRequest request, List<String> offers) {
    List<Range> ranges = ranges(request, "accept");
    if (ranges.isEmpty()) {
      return offers.get(0);
    }
    String best = best(offers, ranges);
    if (best == null) {
      throw Problem.of(
              StatusCodes.NOT_ACCEPTABLE,
              "none of what \"Accept\" names; there is: " + String.join(", ", offers))
          .exception();
    }
    return best;
  }

  /** The content encoding that the client likes best, null for none of {@code offers}. */
  public static String encoding(HttpRequest request, List<String> offers) {
    return best(offers, ranges(request, "accept-encoding"));
  }

  private static String best(List<String> offers, List<Range> ranges) {
    String best = null;
    double bestQuality = 0;
    for (String offer : offers) {
      double quality = quality(offer, ranges);
      if (quality > bestQuality) {
        best = offer;
        bestQuality = quality;
      }
    }
    return best;
  }

  // The most specific range that matches decides: the name itself, then type/*, then */* or *.
  private static double quality(String offer, List<Range> ranges) {
    double quality = 0;
    int specificity = -1;
    for (Range range : ranges) {
      int of = range.specificity(offer);
      if (of > specificity) {
        specificity = of;
        quality = range.quality();
      }
    }
    return quality;
  }

  private static List<Range> ranges(HttpRequest request, String header) {
    List<Range> ranges = new ArrayList<>();
    for (HttpHeader each : request.getHeaders()) {
      if (each.is(header)) {
        for (String element : each.value().split(",", RANGES_MAX)) {
          ranges.add(Range.parse(element));
        }
      }
    }
    return ranges;
  }

  private record Range(String name, double quality) {
    static Range parse(String element) {
      String[] parts = element.split(";", -1);
      double quality = 1;
      for (int i = 1; i < parts.length; i++) {
        String parameter = parts[i].strip();
        if (parameter.startsWith("q=") || parameter.startsWith("Q=")) {
          quality = quality(parameter.substring(2));
        }
      }
      return new Range(parts[0].strip().toLowerCase(Locale.ROOT), quality);
    }

    // What is no number accepts nothing.
    private static double quality(String text) {
      return text.matches("0(\\.\\d{0,3})?|1(\\.0{0,3})?") ? Double.parseDouble(text) : 0;
    }

    int specificity(String offer) {
      if (name.equals(offer)) {
        return 2;
      }
      if (name.endsWith("/*") && offer.startsWith(name.substring(0, name.length() - 1))) {
        return 1;
      }
      return name.equals("*/*") || name.equals("*") ? 0 : -1;
    }
  }
}
