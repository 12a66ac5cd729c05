package io.replicator.redis.verify;

import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.connection.RedisConnector;
import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.verify.ComparisonSettings.Progress;
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
    try (var connector = new RedisConnector(ANSWER_TIMEOUT)) {
      CompletionStage<RedisLink> connecting = connector.connect(from);
      RedisLink toLink = await(connector.connect(to));
      RedisLink fromLink = await(connecting);
      return new KeyspaceComparison(
              new RedisView(fromLink), new RedisView(toLink), settings, progress)
          .run();
    }
  }

  private static RedisLink await(CompletionStage<RedisLink> connecting) {
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
