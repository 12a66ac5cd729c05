package io.replicator.replication;

import java.util.List;

/**
 * Which keys of a database belong to a subscription: those that match one of {@code include} and
 * none of {@code exclude}.
 *
 * @param include at least one glob
 */
public record KeyFilter(List<KeyGlob> include, List<KeyGlob> exclude) {
  public static final KeyFilter ALL = new KeyFilter(List.of(KeyGlob.of("*")), List.of());

  public KeyFilter {
    if (include.isEmpty()) {
      throw new IllegalArgumentException("a key filter includes at least one glob");
    }
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  public boolean matches(Bytes key) {
    for (KeyGlob glob : exclude) {
      if (glob.matches(key)) {
        return false;
      }
    }
    for (KeyGlob glob : include) {
      if (glob.matches(key)) {
        return true;
      }
    }
    return false;
  }

  /** Whether every key matches, so that nobody needs to ask. */
  public boolean matchesAll() {
    return exclude.isEmpty() && include.stream().anyMatch(KeyGlob::matchesAll);
  }
}
