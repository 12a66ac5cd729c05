package io.replicator.streams.receive;

import io.replicator.protocol.Frames;
import io.replicator.protocol.WireException;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Source;
import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.streams.Feed;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.WireMapping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * What the handshake agreed on: the hub's Welcome, checked.
 *
 * @param feeds in the order of Welcome
 * @param limits of this session: no block is larger than the largest batch that the hub announced
 * @param creditBytes of untaken blocks per feed
 */
public record Session(
    long id,
    HubIdentity hub,
    List<SessionFeed> feeds,
    Duration heartbeatInterval,
    WireLimits limits,
    int creditBytes) {
  static final int FEEDS_MAX = 1024;
  static final int FEED_ID_MAX = 4095;
  private static final int CREDIT_BYTES_DEFAULT = 4 << 20;
  private static final int HEARTBEAT_DEFAULT_MS = 5_000;
  private static final int HEARTBEAT_MIN_MS = 50;
  private static final int HEARTBEAT_MAX_MS = 600_000;
  private static final int BLOCK_HEADER_BYTES_MAX = 64;

  /**
   * One feed of the session.
   *
   * @param resumedFrom where the hub goes on; {@link Cursor.Nothing} where a load begins
   * @param resetReason why a cursor that the client sent was not accepted; empty where it was
   * @param head when the session began
   * @param keys and {@code bytes}: about how much the whole database holds
   */
  public record SessionFeed(
      Feed feed,
      Cursor resumedFrom,
      String resetReason,
      long head,
      long keys,
      long bytes,
      FeedTally tally) {}

  /**
   * @throws WireException when the Welcome contradicts itself or exceeds what the client allows
   */
  static Session of(Welcome welcome, ReceiveSettings settings) {
    int version = welcome.getProtocolVersion();
    if (version < Frames.VERSION_MIN || version > Frames.VERSION_MAX) {
      throw new WireException(
          Refusal.Reason.UNSUPPORTED_VERSION,
          "the hub chose protocol version "
              + Integer.toUnsignedString(version)
              + ", this client speaks "
              + Frames.VERSION_MIN
              + " to "
              + Frames.VERSION_MAX);
    }
    if (welcome.getEpoch() == 0) {
      throw malformed("Welcome without an epoch");
    }
    int heartbeatMs = welcome.getHeartbeatIntervalMs();
    if (heartbeatMs == 0) {
      heartbeatMs = HEARTBEAT_DEFAULT_MS;
    }
    if (heartbeatMs < HEARTBEAT_MIN_MS || heartbeatMs > HEARTBEAT_MAX_MS) {
      throw malformed(
          "heartbeat interval of "
              + Integer.toUnsignedString(heartbeatMs)
              + " ms, allowed are "
              + HEARTBEAT_MIN_MS
              + " to "
              + HEARTBEAT_MAX_MS);
    }
    int credit = welcome.getCreditBytes() == 0 ? CREDIT_BYTES_DEFAULT : welcome.getCreditBytes();
    if (credit < 0 || credit > settings.creditBytesMax()) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "credit of "
              + Integer.toUnsignedString(credit)
              + " bytes per feed, this client allows at most "
              + settings.creditBytesMax());
    }
    return new Session(
        welcome.getSessionId(),
        identity(welcome),
        feeds(welcome),
        Duration.ofMillis(heartbeatMs),
        limits(settings.limits(), welcome.getBatchBytesMax()),
        credit);
  }

  private static HubIdentity identity(Welcome welcome) {
    var sources = new ArrayList<HubIdentity.SourceIdentity>();
    for (Source source : welcome.getSourcesList()) {
      sources.add(
          new HubIdentity.SourceIdentity(
              source.getId(), source.getAddress(), List.copyOf(source.getDatabasesList())));
    }
    return new HubIdentity(welcome.getHubId(), new Epoch(welcome.getEpoch()), List.copyOf(sources));
  }

  private static List<SessionFeed> feeds(Welcome welcome) {
    if (welcome.getFeedsCount() > FEEDS_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          welcome.getFeedsCount() + " feeds, at most " + FEEDS_MAX + " are allowed");
    }
    var ids = new HashSet<Integer>();
    var feeds = new ArrayList<SessionFeed>(welcome.getFeedsCount());
    for (io.replicator.protocol.v1.Feed wire : welcome.getFeedsList()) {
      if (wire.getId() < 0 || wire.getId() > FEED_ID_MAX || !ids.add(wire.getId())) {
        throw malformed(
            "feed id "
                + Integer.toUnsignedString(wire.getId())
                + " is over "
                + FEED_ID_MAX
                + " or there twice");
      }
      feeds.add(feed(wire));
    }
    return List.copyOf(feeds);
  }

  private static SessionFeed feed(io.replicator.protocol.v1.Feed wire) {
    Feed feed;
    Cursor resumedFrom;
    try {
      feed = WireMapping.toFeed(wire);
      resumedFrom =
          wire.hasResumedFrom() ? WireMapping.toCursor(wire.getResumedFrom()) : Cursor.NOTHING;
    } catch (IllegalArgumentException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED, "feed " + wire.getId() + ": " + e.getMessage(), e);
    }
    return new SessionFeed(
        feed,
        resumedFrom,
        wire.getResetReason(),
        wire.getHead(),
        wire.getKeys(),
        wire.getBytes(),
        new FeedTally(resumedFrom, wire.getHead()));
  }

  private static WireLimits limits(WireLimits limits, int batchBytesMax) {
    if (batchBytesMax <= 0 || batchBytesMax >= limits.plainBytesMax()) {
      return limits;
    }
    return new WireLimits(
        limits.frameBytesMax(),
        Math.min(limits.blockBytesMax(), batchBytesMax + BLOCK_HEADER_BYTES_MAX),
        batchBytesMax,
        limits.dictionaryBytesMax());
  }

  static WireException malformed(String detail) {
    return new WireException(Refusal.Reason.MALFORMED, detail);
  }
}
