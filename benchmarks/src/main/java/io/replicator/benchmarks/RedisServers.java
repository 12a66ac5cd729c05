package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;

/** Servers as every scenario runs them. */
final class RedisServers {
  /** Enough that no link of a scenario is cut for a buffer or goes through a second full sync. */
  private static final String[] ARGUMENTS = {
    "--repl-backlog-size", "64mb", "--client-output-buffer-limit", "replica", "0", "0", "0"
  };

  private RedisServers() {}

  static RedisProcess start() throws IOException {
    return RedisProcess.start(ARGUMENTS);
  }
}
