package io.replicator.streams.send;

import java.time.Duration;

/**
 * What every session is bounded by.
 *
 * @param batchBytesMax where a pull stops
 * @param chunkBytes payload of a chunk
 * @param creditBytes of blocks per feed that the client has not taken
 * @param windowBytesMax in flight per session
 * @param lowLanesShare of the chunks that the lower lanes together get at least, 0 to 0.5
 * @param queueTarget how long an urgent chunk may wait behind bulk in the link's own queue
 * @param compressionLevel of zstd
 * @param sharedBlocksBytes memory for blocks shared between sessions, in all
 * @param sessionsMax at a time
 */
public record SessionSettings(
    int batchBytesMax,
    int chunkBytes,
    int creditBytes,
    int windowBytesMax,
    double lowLanesShare,
    Duration queueTarget,
    int compressionLevel,
    long sharedBlocksBytes,
    Duration heartbeatInterval,
    Duration handshakeTimeout,
    int sessionsMax) {
  public static final SessionSettings DEFAULT =
      new SessionSettings(
          256 * 1024,
          1024,
          4 << 20,
          64 << 20,
          0.05,
          Duration.ofMillis(20),
          3,
          64L << 20,
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          20_000);
}
