package io.replicator.benchmarks;

import io.replicator.app.verify.Verification;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.verify.Comparison;
import java.io.IOException;

/** No number counts before source and copy are compared in full. */
final class Equality {
  private Equality() {}

  static void check(String what, RedisProcess source, RedisProcess copy) throws IOException {
    Comparison comparison =
        Verification.compare(
            RedisAddress.parse(source.uri()), RedisAddress.parse(copy.uri()), (done, total) -> {});
    if (!comparison.equal()) {
      throw new IOException(
          what
              + ": the copy differs in "
              + comparison.differences()
              + ": "
              + comparison.examples());
    }
  }
}
