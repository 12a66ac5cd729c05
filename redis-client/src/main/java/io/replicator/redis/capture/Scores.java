package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.util.Locale;

/** Scores of sorted sets: as values 8 bytes, IEEE 754, big-endian. */
final class Scores {
  private Scores() {}

  /**
   * A negative zero becomes a positive one: the two are equal, and which of them Redis keeps
   * depends on its encoding of the set.
   */
  static Bytes value(double score) {
    long bits = Double.doubleToRawLongBits(score + 0.0);
    byte[] bytes = new byte[8];
    for (int i = 0; i < 8; i++) {
      bytes[i] = (byte) (bits >>> (56 - 8 * i));
    }
    return Bytes.wrap(bytes);
  }

  static double score(Bytes value) {
    if (value.length() != 8) {
      throw new InconsistentCommandException("a score of " + value.length() + " bytes");
    }
    long bits = 0;
    for (int i = 0; i < 8; i++) {
      bits = bits << 8 | (value.at(i) & 0xff);
    }
    return Double.longBitsToDouble(bits);
  }

  /** A number as C's strtod reads it. */
  static double parse(Bytes text) {
    String number = text.asUtf8();
    try {
      return switch (number.toLowerCase(Locale.ROOT)) {
        case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
        case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
        case "nan" -> Double.NaN;
        default -> {
          char last = number.isEmpty() ? ' ' : number.charAt(number.length() - 1);
          // Java reads "1d" and "1f" as numbers, and wants an exponent after hexadecimal digits.
          boolean hexadecimal = number.contains("x") || number.contains("X");
          if (!hexadecimal && (last < '0' || last > '9') && last != '.') {
            throw new NumberFormatException(number);
          }
          yield Double.parseDouble(
              hexadecimal && number.indexOf('p') < 0 && number.indexOf('P') < 0
                  ? number + "p0"
                  : number);
        }
      };
    } catch (NumberFormatException e) {
      throw new InconsistentCommandException("a number that is none");
    }
  }

  /** Order of scores as Redis compares them: both zeros are equal. */
  static int compare(double a, double b) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
}
