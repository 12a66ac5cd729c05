package io.replicator.replication;

import java.util.Objects;

/**
 * A pattern of keys with the meaning that Redis gives it: {@code *}, {@code ?}, {@code [abc]},
 * {@code [^a-z]}, {@code \x}; everything else, any byte, stands for itself.
 */
public final class KeyGlob {
  private final Bytes pattern;
  private final Bytes literalPrefix;

  private KeyGlob(Bytes pattern) {
    this.pattern = pattern;
    int literal = 0;
    while (literal < pattern.length() && "*?[\\".indexOf(pattern.at(literal)) < 0) {
      literal++;
    }
    this.literalPrefix = pattern.slice(0, literal);
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

  /** What every matching key begins with: where a read in key order may start and must end. */
  public Bytes literalPrefix() {
    return literalPrefix;
  }

  public boolean matchesAll() {
    return pattern.length() == 1 && pattern.at(0) == '*';
  }

  public boolean matches(Bytes key) {
    return key.startsWith(literalPrefix)
        && matches(literalPrefix.length(), key, literalPrefix.length());
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
