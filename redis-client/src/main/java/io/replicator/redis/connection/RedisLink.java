package io.replicator.redis.connection;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;
import io.replicator.replication.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One connection to one database. Once it breaks it stays broken: nothing is ever sent twice, and
 * whoever owns it connects anew and asks the server what was done.
 *
 * <p>Any thread; the requests of one {@link #send} go out together, none of another between them.
 * Stages complete on the connection's I/O thread: continuations must not block.
 */
public final class RedisLink {
  private final RedisAddress address;
  private final StatefulRedisConnection<Bytes, Bytes> connection;
  private final Duration timeout;

  RedisLink(
      RedisAddress address, StatefulRedisConnection<Bytes, Bytes> connection, Duration timeout) {
    this.address = address;
    this.connection = connection;
    this.timeout = timeout;
  }

  public RedisAddress address() {
    return address;
  }

  public boolean isOpen() {
    return connection.isOpen();
  }

  public CompletionStage<Request> send(Request request) {
    return send(List.of(request)).thenApply(requests -> requests.get(0));
  }

  /**
   * Sends {@code requests}, which are never touched again, in one write.
   *
   * @return when every reply is there, error replies included; fails only where the connection does
   */
  public CompletionStage<List<Request>> send(List<Request> requests) {
    var completion = new CompletableFuture<Void>();
    if (requests.isEmpty()) {
      return CompletableFuture.completedFuture(requests);
    }
    requests.get(requests.size() - 1).completeInto(completion);
    Collection<RedisCommand<Bytes, Bytes, ?>> commands = new ArrayList<>(requests);
    try {
      connection.dispatch(commands);
    } catch (RuntimeException e) {
      completion.completeExceptionally(e);
    }
    return completion
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (done, failure) -> {
              if (failure == null) {
                return requests;
              }
              // After a timeout a late reply, or worse, a late effect is still possible.
              connection.closeAsync();
              throw new RedisFailedException(
                  failure instanceof TimeoutException
                      ? address + " did not answer within " + timeout.toMillis() + " ms"
                      : "the connection to " + address + " broke off: " + failure.getMessage(),
                  failure);
            });
  }

  public CompletionStage<Void> close() {
    return connection.isOpen() ? connection.closeAsync() : CompletableFuture.completedFuture(null);
  }
}
