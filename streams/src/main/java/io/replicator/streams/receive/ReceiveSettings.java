package io.replicator.streams.receive;

import io.replicator.protocol.WireLimits;
import java.time.Duration;

/**
 * What bounds a client's session.
 *
 * @param limits of what the hub may send
 * @param creditBytesMax largest credit a hub may announce; a feed's untaken blocks are bounded by
 *     twice its credit and one block
 * @param groupBytesMax how large a group of batches may be that is applied in one transaction
 * @param bundleBytesMax up to where batches that wait for the sink are applied in one call; beyond
 *     it they stay untaken, so that the hub stops pulling and merges
 * @param inlineBlockBytesMax blocks up to here are decoded by the stage itself: handing them to
 *     another thread would take longer
 * @param handshakeTimeout from the start until the hub's Welcome
 */
public record ReceiveSettings(
    WireLimits limits,
    int creditBytesMax,
    long groupBytesMax,
    int bundleBytesMax,
    int inlineBlockBytesMax,
    Duration handshakeTimeout) {
  public static final ReceiveSettings DEFAULT =
      new ReceiveSettings(
          WireLimits.DEFAULT, 64 << 20, 8 << 20, 1 << 20, 4 * 1024, Duration.ofSeconds(10));

  public ReceiveSettings withGroupBytesMax(long bytes) {
    return new ReceiveSettings(
        limits, creditBytesMax, bytes, bundleBytesMax, inlineBlockBytesMax, handshakeTimeout);
  }

  public ReceiveSettings withBundleBytesMax(int bytes) {
    return new ReceiveSettings(
        limits, creditBytesMax, groupBytesMax, bytes, inlineBlockBytesMax, handshakeTimeout);
  }

  public ReceiveSettings withHandshakeTimeout(Duration timeout) {
    return new ReceiveSettings(
        limits, creditBytesMax, groupBytesMax, bundleBytesMax, inlineBlockBytesMax, timeout);
  }
}
