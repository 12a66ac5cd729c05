package io.replicator.redis.verify;

import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisConnector;
import io.replicator.streams.verify.Comparison;
import io.replicator.streams.verify.ComparisonSettings;
import io.replicator.streams.verify.ComparisonSettings.Progress;
import io.replicator.streams.verify.KeyspaceComparison;
import io.replicator.streams.verify.KeyspaceView;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Compares two Redis databases by type, value and expiry. Needs Redis 7.0 or later, or Valkey, on
 * both sides, and reads only. Writers that go on meanwhile make differences that are none in the
 * end: compare when both sides rest.
 */
public final class RedisComparison {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

  private final RedisAddress from;
  private final RedisAddress to;
  private final ComparisonSettings settings;

  public RedisComparison(RedisAddress from, RedisAddress to, ComparisonSettings settings) {
    this.from = from;
    this.to = to;
    this.settings = settings;
  }

  /**
   * Blocks until all is compared.
   *
   * @throws io.replicator.redis.connection.RedisFailedException when a side is unreachable, refuses
   *     or breaks off; the message says what failed, where, and what to do
   */
  public Comparison run(Progress progress) throws InterruptedException {
    CompletionStage<KeyspaceView> opening = view(from);
    try (KeyspaceView toView = await(view(to));
        KeyspaceView fromView = await(opening)) {
      return new KeyspaceComparison(fromView, toView, settings, progress).run();
    }
  }

  /** One database, to be compared with whatever else can be looked at like one. */
  public static CompletionStage<KeyspaceView> view(RedisAddress address) {
    var connector = new RedisConnector(ANSWER_TIMEOUT);
    // Closing waits for the connector's threads, so it must not happen on one of them.
    return connector
        .connect(address)
        .handleAsync(
            (link, failure) -> {
              if (failure != null) {
                connector.close();
                throw failure instanceof CompletionException wrapped
                    ? wrapped
                    : new CompletionException(failure);
              }
              return new RedisView(connector, link);
            });
  }

  private static KeyspaceView await(CompletionStage<KeyspaceView> connecting) {
    try {
      return connecting.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }
}
