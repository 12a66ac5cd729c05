package io.replicator.protocol;

/**
 * What a peer may make this side allocate.
 *
 * @param frameBytesMax longest frame after its length
 * @param blockBytesMax longest block as sent
 * @param plainBytesMax longest plain content of a block
 * @param dictionaryBytesMax longest dictionary
 */
public record WireLimits(
    int frameBytesMax, int blockBytesMax, int plainBytesMax, int dictionaryBytesMax) {
  /** Before the handshake, and from clients always: nothing large is expected. */
  public static final WireLimits SMALL = new WireLimits(1 << 20, 0, 0, 0);

  public static final WireLimits DEFAULT = new WireLimits(1 << 20, 160 << 20, 160 << 20, 1 << 20);
}
