package io.replicator.replication;

/**
 * Globs by the book: the structure of {@code stringmatchlen} in Redis' {@code util.c}, recursive
 * and of exponential time. Characters stand for unsigned bytes; Redis compares the ends of a range
 * as {@code char}, signed or not as the platform has it.
 */
final class RecursiveGlob {
  private RecursiveGlob() {}

  static boolean matches(String pattern, String key) {
    if (pattern.isEmpty()) {
      return key.isEmpty();
    }
    char first = pattern.charAt(0);
    if (first == '*') {
      String rest = pattern.substring(1);
      return matches(rest, key) || (!key.isEmpty() && matches(pattern, key.substring(1)));
    }
    if (key.isEmpty()) {
      return false;
    }
    char c = key.charAt(0);
    String keyRest = key.substring(1);
    if (first == '?') {
      return matches(pattern.substring(1), keyRest);
    }
    if (first == '[') {
      return matchesClass(pattern.substring(1), c, keyRest);
    }
    boolean escaped = first == '\\' && pattern.length() >= 2;
    char literal = pattern.charAt(escaped ? 1 : 0);
    return literal == c && matches(pattern.substring(escaped ? 2 : 1), keyRest);
  }

  private static boolean matchesClass(String pattern, char c, String keyRest) {
    boolean negated = pattern.startsWith("^");
    String rest = negated ? pattern.substring(1) : pattern;
    boolean found = false;
    while (true) {
      if (rest.length() >= 2 && rest.charAt(0) == '\\') {
        found |= rest.charAt(1) == c;
        rest = rest.substring(2);
      } else if (rest.startsWith("]")) {
        rest = rest.substring(1);
        break;
      } else if (rest.isEmpty()) {
        break;
      } else if (rest.length() >= 3 && rest.charAt(1) == '-') {
        char from = rest.charAt(0);
        char to = rest.charAt(2);
        found |= Math.min(from, to) <= c && c <= Math.max(from, to);
        rest = rest.substring(3);
      } else {
        found |= rest.charAt(0) == c;
        rest = rest.substring(1);
      }
    }
    return found != negated && matches(rest, keyRest);
  }
}
