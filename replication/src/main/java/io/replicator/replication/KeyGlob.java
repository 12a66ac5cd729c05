package io.replicator.replication;

import java.util.Arrays;
import java.util.Objects;

/**
 * A pattern of keys with the meaning that Redis gives it: {@code *}, {@code ?}, {@code [abc]},
 * {@code [^a-z]}, {@code \x}; everything else, any byte, stands for itself.
 */
public final class KeyGlob {
  private static final String OPERATORS = "*?[";

  private final Bytes pattern;
  private final Bytes literalPrefix;
  // Where in the pattern the literal prefix ends; the two differ in length by its escapes.
  private final int literalEnd;

  private KeyGlob(Bytes pattern) {
    this.pattern = pattern;
    int end = 0;
    int escapes = 0;
    while (end < pattern.length() && OPERATORS.indexOf(pattern.at(end)) < 0) {
      boolean escape = isEscape(pattern, end);
      escapes += escape ? 1 : 0;
      end += escape ? 2 : 1;
    }
    this.literalEnd = end;
    this.literalPrefix = escapes == 0 ? pattern.slice(0, end) : unescaped(pattern, end, escapes);
  }

  /** A backslash that ends the pattern stands for itself. */
  private static boolean isEscape(Bytes pattern, int at) {
    return pattern.at(at) == '\\' && at + 1 < pattern.length();
  }

  private static Bytes unescaped(Bytes pattern, int end, int escapes) {
    byte[] literal = new byte[end - escapes];
    int to = 0;
    for (int at = 0; at < end; at++) {
      if (isEscape(pattern, at)) {
        at++;
      }
      literal[to++] = pattern.at(at);
    }
    return Bytes.wrap(literal);
  }

  /** The glob that {@code key} matches, and no other key. */
  public static KeyGlob literal(Bytes key) {
    byte[] escaped = new byte[2 * key.length()];
    int length = 0;
    for (int i = 0; i < key.length(); i++) {
      byte b = key.at(i);
      if (b == '\\' || OPERATORS.indexOf(b) >= 0) {
        escaped[length++] = '\\';
      }
      escaped[length++] = b;
    }
    return new KeyGlob(Bytes.wrap(Arrays.copyOf(escaped, length)));
  }

  public static KeyGlob of(Bytes pattern) {
    return new KeyGlob(pattern);
  }

  public static KeyGlob of(String pattern) {
    return of(Bytes.utf8(pattern));
  }

  public Bytes pattern() {
    return pattern;
  }

  /**
   * What every matching key begins with: where a read in key order may start and must end. Without
   * the backslashes of escapes.
   */
  public Bytes literalPrefix() {
    return literalPrefix;
  }

  /** Whether exactly one key matches, which is {@link #literalPrefix} then. */
  public boolean isLiteral() {
    return literalEnd == pattern.length();
  }

  public boolean matchesAll() {
    return pattern.length() == 1 && pattern.at(0) == '*';
  }

  public boolean matches(Bytes key) {
    return key.startsWith(literalPrefix) && matches(literalEnd, key, literalPrefix.length());
  }

  // Greedy with one point of return: a later '*' makes every earlier one irrelevant, so time is
  // O(pattern × key) at worst, whatever the pattern.
  private boolean matches(int patternFrom, Bytes key, int keyFrom) {
    int p = patternFrom;
    int k = keyFrom;
    int starP = -1;
    int starK = -1;
    while (k < key.length()) {
      int next = p < pattern.length() ? step(p, key.at(k)) : -1;
      if (p < pattern.length() && pattern.at(p) == '*') {
        starP = ++p;
        starK = k;
      } else if (next >= 0) {
        p = next;
        k++;
      } else if (starP >= 0) {
        p = starP;
        k = ++starK;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.at(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /**
   * Position in the pattern after the one element at {@code p}, or -1 if it does not match {@code
   * b}.
   */
  private int step(int p, byte b) {
    byte c = pattern.at(p);
    switch (c) {
      case '*':
        return -1;
      case '?':
        return p + 1;
      case '\\':
        if (p + 1 < pattern.length()) {
          return pattern.at(p + 1) == b ? p + 2 : -1;
        }
        return c == b ? p + 1 : -1;
      case '[':
        return stepClass(p + 1, b & 0xff);
      default:
        return c == b ? p + 1 : -1;
    }
  }

  // As Redis does it: '[' without ']' ends with the pattern; the ends of a range may come in any
  // order.
  private int stepClass(int from, int b) {
    int p = from;
    boolean negated = p < pattern.length() && pattern.at(p) == '^';
    if (negated) {
      p++;
    }
    boolean found = false;
    while (p < pattern.length() && pattern.at(p) != ']') {
      if (pattern.at(p) == '\\' && p + 1 < pattern.length()) {
        p++;
        found |= (pattern.at(p) & 0xff) == b;
        p++;
      } else if (p + 2 < pattern.length() && pattern.at(p + 1) == '-') {
        int low = Math.min(pattern.at(p) & 0xff, pattern.at(p + 2) & 0xff);
        int high = Math.max(pattern.at(p) & 0xff, pattern.at(p + 2) & 0xff);
        found |= low <= b && b <= high;
        p += 3;
      } else {
        found |= (pattern.at(p) & 0xff) == b;
        p++;
      }
    }
    int after = Math.min(p + 1, pattern.length());
    return found != negated ? after : -1;
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof KeyGlob other && pattern.equals(other.pattern);
  }

  @Override
  public int hashCode() {
    return Objects.hash(pattern);
  }

  @Override
  public String toString() {
    return pattern.toString();
  }
}
