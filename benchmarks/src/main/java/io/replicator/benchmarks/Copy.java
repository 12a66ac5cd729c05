package io.replicator.benchmarks;

import io.replicator.redis.embedded.RedisProcess;
import java.io.IOException;

/** An empty server that becomes a copy of a source, by one of the ways that are compared. */
interface Copy extends AutoCloseable {
  RedisProcess server();

  /** Begins; returns at once. */
  void follow() throws IOException;

  @Override
  void close() throws IOException;

  /** A way to make a copy, of a source that it knows. */
  interface Way {
    String name();

    /**
     * A copy that is to follow.
     *
     * @param link the port that stands for {@link #port}: that of a link, or of the server itself
     */
    Copy open(int link) throws IOException;

    /** Where a copy connects. */
    int port();

    /** Bytes that were read from the source and not yet stored, where there is such a place. */
    default long waitingBytes() {
      return 0;
    }
  }
}
