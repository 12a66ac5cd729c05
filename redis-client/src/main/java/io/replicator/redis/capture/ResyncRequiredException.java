package io.replicator.redis.capture;

import java.io.IOException;

/** What is stored cannot be continued from the stream: the source's snapshot is needed again. */
final class ResyncRequiredException extends IOException {
  private static final long serialVersionUID = 1L;

  ResyncRequiredException(String reason) {
    super(reason);
  }
}
