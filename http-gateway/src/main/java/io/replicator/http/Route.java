package io.replicator.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything of the API that can be asked for, with every status that it may answer with. The
 * description that is served at {@code /openapi.json} lists the same; a test compares them.
 */
// The lists and maps in it are never modified, which the checker cannot know.
@SuppressWarnings("ImmutableEnumChecker")
enum Route {
  DATABASES("/v1/databases", Map.of("GET", Set.of(200))),
  ENTRIES("/v1/databases/{db}/entries", Map.of("GET", Set.of(200, 304, 404, 406))),
  ENTRY(
      "/v1/databases/{db}/entries/{key}",
      Map.of(
          "GET", Set.of(200, 304, 404, 406),
          "PUT", Set.of(200, 201, 404, 412, 415),
          "DELETE", Set.of(200, 404, 412))),
  CHANGES("/v1/databases/{db}/changes", Map.of("GET", Set.of(200, 404, 406, 410))),
  UPDATES("/v1/updates", Map.of("GET", Set.of(101, 426))),
  STATUS("/v1/status", Map.of("GET", Set.of(200))),
  METRICS("/metrics", Map.of("GET", Set.of(200))),
  LIVE("/health/live", Map.of("GET", Set.of(200))),
  READY("/health/ready", Map.of("GET", Set.of(200))),
  OPENAPI("/openapi.json", Map.of("GET", Set.of(200)));

  /** What any request may be answered with. */
  static final Set<Integer> ALWAYS = Set.of(400, 401, 403, 405, 408, 413, 414, 431, 500, 503);

  private final String template;
  private final List<String> segments;
  private final Map<String, Set<Integer>> methods;

  Route(String template, Map<String, Set<Integer>> methods) {
    this.template = template;
    this.segments = List.of(template.substring(1).split("/", -1));
    this.methods = methods;
  }

  /** The path, with names in braces where it varies. */
  String template() {
    return template;
  }

  /** Whether it is told without a token: it tells nothing of the data. */
  boolean open() {
    return this == LIVE || this == READY || this == OPENAPI;
  }

  Set<String> methods() {
    return new TreeSet<>(methods.keySet());
  }

  /** What is answered, by method; HEAD is as GET. */
  Map<String, Set<Integer>> answers() {
    return new TreeMap<>(methods);
  }

  /** The route of a path, null where there is none. */
  static Route of(List<String> path) {
    for (Route route : values()) {
      if (route.matches(path)) {
        return route;
      }
    }
    return null;
  }

  /** The segments of {@code path} that vary, in their order. */
  List<String> varying(List<String> path) {
    List<String> varying = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).startsWith("{")) {
        varying.add(path.get(i));
      }
    }
    return varying;
  }

  private boolean matches(List<String> path) {
    if (path.size() != segments.size()) {
      return false;
    }
    for (int i = 0; i < path.size(); i++) {
      boolean varies = segments.get(i).startsWith("{");
      if (varies ? path.get(i).isEmpty() : !segments.get(i).equals(path.get(i))) {
        return false;
      }
    }
    return true;
  }
}
