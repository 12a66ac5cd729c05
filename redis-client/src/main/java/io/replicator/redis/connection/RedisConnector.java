package io.replicator.redis.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Opens {@link RedisLink}s; owns the threads behind them. Links do not reconnect by themselves:
 * Lettuce would send again what may have been executed.
 */
public final class RedisConnector implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final RedisClient client = RedisClient.create();
  private final Duration timeout;

  /**
   * @param timeout after which a server that does not answer counts as lost
   */
  public RedisConnector(Duration timeout) {
    this.timeout = timeout;
    client.setOptions(
        ClientOptions.builder()
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .protocolVersion(ProtocolVersion.RESP2)
            .maintNotificationsConfig(MaintNotificationsConfig.disabled())
            .socketOptions(
                SocketOptions.builder().connectTimeout(CONNECT_TIMEOUT).tcpNoDelay(true).build())
            .build());
  }

  /** Fails with {@link RedisFailedException}. */
  public CompletionStage<RedisLink> connect(RedisAddress address) {
    return client
        .connectAsync(BytesCodec.INSTANCE, address.withDatabase(0).toLettuce(CONNECT_TIMEOUT))
        .handle(
            (connection, failure) -> {
              if (failure != null) {
                throw explain(address, failure);
              }
              return new RedisLink(address, connection, timeout);
            })
        .thenCompose(link -> selected(link, address));
  }

  // Not in Lettuce's handshake: one that the server refuses is now and then reported as a handshake
  // that never began, without the server's reason.
  private static CompletionStage<RedisLink> selected(RedisLink link, RedisAddress address) {
    if (address.database() == 0) {
      return CompletableFuture.completedFuture(link);
    }
    return link.send(Request.of(Verb.SELECT).add(address.database()))
        .thenApply(
            select -> {
              if (select.error() != null) {
                throw explain(address, new RedisFailedException(select.error().text()));
              }
              return link;
            });
  }

  /** Whether a failure to connect means that the server has no database of that number. */
  public static boolean isDatabaseMissing(Throwable failure) {
    return rootMessage(failure).contains("DB index is out of range");
  }

  private static RedisFailedException explain(RedisAddress address, Throwable failure) {
    String reason = rootMessage(failure);
    String what;
    if (reason.contains("WRONGPASS") || reason.contains("invalid password")) {
      what = address + " refuses the user or password (WRONGPASS): correct them in the URI";
    } else if (reason.contains("NOAUTH")) {
      what = address + " wants a password (NOAUTH): give redis://user:password@…";
    } else if (reason.contains("NOPERM")) {
      what = address + " denies a command to this user (" + reason + "): extend its ACL";
    } else if (reason.contains("DB index is out of range")) {
      what =
          address
              + " has no database "
              + address.database()
              + ": raise databases in its redis.conf or map to a lower number (DB index is out of range)";
    } else {
      what =
          "cannot connect to "
              + address
              + ": "
              + reason
              + "; check that the server runs, is reachable and that "
              + (address.tls() ? "it speaks TLS there" : "it does not want TLS (rediss://)");
    }
    return new RedisFailedException(what, failure);
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null
        && (root instanceof CompletionException || root.getCause() != root)) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  /** Closes every link. */
  @Override
  public void close() {
    closeAsync().toCompletableFuture().join();
  }

  /** Closes every link. */
  public CompletionStage<Void> closeAsync() {
    return client.shutdownAsync();
  }
}
