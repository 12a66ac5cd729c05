package io.replicator.app.verify;

import io.replicator.app.config.ComparedPlace;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.text.Units;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.verify.CassandraView;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.verify.RedisComparison;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import io.replicator.streams.verify.KeyspaceComparison;
import io.replicator.streams.verify.KeyspaceView;
import java.io.PrintWriter;
import java.util.concurrent.CompletionException;

/** The work of {@code replicator verify}. */
public final class Verification {
  private Verification() {}

  /** Compares and prints what differs; returns the exit code. */
  public static int run(ComparedPlace from, ComparedPlace to, PrintWriter out) {
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

  /** Compares two databases of Redis; blocks. */
  public static Comparison compare(
      RedisAddress from, RedisAddress to, ComparisonSettings.Progress progress) {
    return compare(new ComparedPlace.Redis(from), new ComparedPlace.Redis(to), progress);
  }

  /** Compares two databases; blocks. */
  public static Comparison compare(
      ComparedPlace from, ComparedPlace to, ComparisonSettings.Progress progress) {
    try (KeyspaceView fromView = open(from);
        KeyspaceView toView = open(to)) {
      return new KeyspaceComparison(fromView, toView, ComparisonSettings.DEFAULT, progress).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FailureException("interrupted while comparing " + from + " and " + to, e);
    } catch (CassandraFailedException | RedisFailedException e) {
      throw new FailureException(e.getMessage(), e);
    }
  }

  private static KeyspaceView open(ComparedPlace place) {
    try {
      return (place instanceof ComparedPlace.Cassandra cassandra
              ? CassandraView.open(cassandra.target())
              : RedisComparison.view(((ComparedPlace.Redis) place).address()))
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw new FailureException(Failures.message(e), e);
    }
  }

  private static String count(long count) {
    return Units.count(count);
  }
}
