package io.replicator.app.verify;

import io.replicator.app.process.FailureException;
import io.replicator.app.text.Units;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.verify.RedisComparison;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import java.io.PrintWriter;

/** The work of {@code replicator verify}. */
public final class Verification {
  private Verification() {}

  /** Compares and prints what differs; returns the exit code. */
  public static int run(RedisAddress from, RedisAddress to, PrintWriter out) {
    Comparison comparison;
    try (var progress = ComparisonProgress.forThisProcess()) {
      comparison = compare(from, to, progress::show);
    }
    comparison.examples().forEach(out::println);
    long unnamed = comparison.differences() - comparison.examples().size();
    if (unnamed > 0) {
      out.println("and " + Units.count(unnamed) + " more");
    }
    out.println(
        comparison.equal()
            ? String.format("equal: %s keys of %s and %s", count(comparison.keys()), from, to)
            : String.format(
                "different: %s of %s keys of %s and %s",
                count(comparison.differences()), count(comparison.keys()), from, to));
    out.flush();
    return comparison.equal() ? 0 : 1;
  }

  /** Compares two databases; blocks. */
  public static Comparison compare(
      RedisAddress from, RedisAddress to, ComparisonSettings.Progress progress) {
    try {
      return new RedisComparison(from, to, ComparisonSettings.DEFAULT).run(progress);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FailureException("interrupted while comparing " + from + " and " + to, e);
    }
  }

  private static String count(long count) {
    return Units.count(count);
  }
}
