package io.replicator.redis.capture;

import io.replicator.replication.Bytes;

/** Arguments of commands as numbers and words. What is malformed makes the command inconsistent. */
final class Arguments {
  private Arguments() {}

  /** Whether {@code arg} is the option {@code word}, which is in upper case. */
  static boolean is(Bytes arg, String word) {
    if (arg.length() != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (upper(arg.at(i)) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  static int upper(byte b) {
    return b >= 'a' && b <= 'z' ? b - ('a' - 'A') : b;
  }

  static long number(Bytes arg) {
    int length = arg.length();
    int i = length > 0 && arg.at(0) == '-' ? 1 : 0;
    if (length == i || length > 20) {
      throw noNumber();
    }
    long value = 0;
    for (int at = i; at < length; at++) {
      int digit = arg.at(at) - '0';
      if (digit < 0 || digit > 9) {
        throw noNumber();
      }
      // Downwards, as the smallest number has no positive counterpart.
      long next = value * 10 - digit;
      if (value < Long.MIN_VALUE / 10 || next > value) {
        throw noNumber();
      }
      value = next;
    }
    if (i == 0 && value == Long.MIN_VALUE) {
      throw noNumber();
    }
    return i == 0 ? -value : value;
  }

  static int smallNumber(Bytes arg) {
    long number = number(arg);
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number));
  }

  static long add(long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw new InconsistentCommandException("a sum out of range");
    }
  }

  /** The argument at {@code index}, which must be there. */
  static Bytes at(Bytes[] args, int index) {
    if (index >= args.length) {
      throw new InconsistentCommandException("too few arguments");
    }
    return args[index];
  }

  private static InconsistentCommandException noNumber() {
    return new InconsistentCommandException("an integer that is none");
  }
}
