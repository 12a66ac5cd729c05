package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;

/** A native Redis replica. */
final class NativeCopy implements Copy {
  private final RedisProcess server = RedisServers.start();
  private final int link;

  private NativeCopy(int link) throws IOException {
    this.link = link;
  }

  static Way of(RedisProcess source) {
    return new Way() {
      @Override
      public String name() {
        return "native Redis";
      }

      @Override
      public Copy open(int link) throws IOException {
        return new NativeCopy(link);
      }

      @Override
      public int port() {
        return source.port();
      }
    };
  }

  @Override
  public RedisProcess server() {
    return server;
  }

  @Override
  public void follow() throws IOException {
    try (var connection = new RedisConnection(server.port())) {
      connection.call("REPLICAOF", "127.0.0.1", Integer.toString(link));
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
