package io.replicator.streams;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.QosLevel;
import java.util.ArrayList;
import java.util.List;

/**
 * Between the rules' types and the wire's messages, for everything but batches. What comes from the
 * wire is checked: a {@link WireException} says what is wrong and what is allowed.
 */
public final class WireMapping {
  /** Globs of one subscription or feed, included and excluded ones each. */
  public static final int GLOBS_MAX = 1_000;

  public static final int GLOB_BYTES_MAX = 1_024;

  /** Longest name of a database, in characters, and longest fingerprint. */
  public static final int NAME_LENGTH_MAX = 256;

  private WireMapping() {}

  /**
   * Null for {@link Cursor.Nothing}: the field stays absent.
   *
   * @throws IllegalArgumentException for version 0 of epoch 0, which no store has and the wire
   *     cannot tell from nothing
   */
  public static io.replicator.protocol.v1.Cursor toWire(Cursor cursor) {
    if (cursor instanceof Cursor.At at) {
      if (at.epoch().id() == 0 && at.version() == 0) {
        throw new IllegalArgumentException("cursor at version 0 of epoch 0");
      }
      return io.replicator.protocol.v1.Cursor.newBuilder()
          .setEpoch(at.epoch().id())
          .setVersion(at.version())
          .build();
    } else if (cursor instanceof Cursor.Loading loading) {
      return io.replicator.protocol.v1.Cursor.newBuilder()
          .setEpoch(loading.epoch().id())
          .setVersion(loading.version())
          .setPosition(toByteString(loading.position()))
          .build();
    }
    return null;
  }

  /** {@link Cursor#NOTHING} for an absent or default message. */
  public static Cursor toCursor(io.replicator.protocol.v1.Cursor cursor) {
    if (cursor == null
        || (cursor.getEpoch() == 0 && cursor.getVersion() == 0 && !cursor.hasPosition())) {
      return Cursor.NOTHING;
    }
    if (cursor.getVersion() < 0) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "cursor at version "
              + Long.toUnsignedString(cursor.getVersion())
              + ", at most "
              + Long.MAX_VALUE
              + " is allowed");
    }
    Epoch epoch = new Epoch(cursor.getEpoch());
    return cursor.hasPosition()
        ? new Cursor.Loading(epoch, cursor.getVersion(), toBytes(cursor.getPosition()))
        : new Cursor.At(epoch, cursor.getVersion());
  }

  /**
   * @param resumedFrom the cursor that the feed goes on from
   * @param resetReason why the client's cursor was not accepted, empty if it was or there was none
   * @param head newest version of the database
   * @param keys of the whole database, for progress bars, as is {@code bytes}
   */
  public static io.replicator.protocol.v1.Feed toWire(
      Feed feed, Cursor resumedFrom, String resetReason, long head, long keys, long bytes) {
    var wire =
        io.replicator.protocol.v1.Feed.newBuilder()
            .setId(feed.id())
            .setDatabase(feed.database())
            .setQos(feed.level().code())
            .addAllInclude(toGlobs(feed.filter().include()))
            .addAllExclude(toGlobs(feed.filter().exclude()))
            .setFingerprint(feed.key().fingerprint())
            .setResetReason(resetReason)
            .setHead(head)
            .setKeys(keys)
            .setBytes(bytes);
    io.replicator.protocol.v1.Cursor cursor = toWire(resumedFrom);
    if (cursor != null) {
      wire.setResumedFrom(cursor);
    }
    return wire.build();
  }

  public static Feed toFeed(io.replicator.protocol.v1.Feed feed) {
    if (feed.getQos() < 0 || feed.getQos() >= QosLevel.values().length) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "feed "
              + Integer.toUnsignedString(feed.getId())
              + " has QoS "
              + Integer.toUnsignedString(feed.getQos())
              + ", known are 0 to 3");
    }
    checkName("database", feed.getDatabase());
    checkName("fingerprint", feed.getFingerprint());
    return new Feed(
        feed.getId(),
        new FeedKey(feed.getDatabase(), feed.getFingerprint()),
        QosLevel.of(feed.getQos()),
        toFilter(feed.getIncludeList(), feed.getExcludeList()));
  }

  /**
   * No included globs stand for every key.
   *
   * @throws WireException for more than {@link #GLOBS_MAX} of either, or one over {@link
   *     #GLOB_BYTES_MAX}
   */
  public static KeyFilter toFilter(List<ByteString> include, List<ByteString> exclude) {
    List<KeyGlob> included = fromGlobs("included", include);
    List<KeyGlob> excluded = fromGlobs("excluded", exclude);
    if (included.isEmpty()) {
      return excluded.isEmpty() ? KeyFilter.ALL : new KeyFilter(KeyFilter.ALL.include(), excluded);
    }
    return new KeyFilter(included, excluded);
  }

  public static List<ByteString> toGlobs(List<KeyGlob> globs) {
    return globs.stream().map(glob -> toByteString(glob.pattern())).toList();
  }

  /** What tells a feed of {@code database} with {@code filter} from every other: 16 hex digits. */
  public static String fingerprint(String database, KeyFilter filter) {
    return FeedFingerprint.of(database, filter);
  }

  /** Not copied: nobody writes to the bytes any more. */
  public static ByteString toByteString(Bytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.array(), bytes.offset(), bytes.length());
  }

  /** A copy: the message may be a slice of a large frame. */
  public static Bytes toBytes(ByteString bytes) {
    return Bytes.wrap(bytes.toByteArray());
  }

  private static List<KeyGlob> fromGlobs(String which, List<ByteString> globs) {
    if (globs.size() > GLOBS_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          globs.size() + " " + which + " globs, at most " + GLOBS_MAX + " are allowed");
    }
    List<KeyGlob> result = new ArrayList<>(globs.size());
    for (ByteString glob : globs) {
      if (glob.size() > GLOB_BYTES_MAX) {
        throw new WireException(
            Refusal.Reason.LIMIT_EXCEEDED,
            which
                + " glob of "
                + glob.size()
                + " bytes, at most "
                + GLOB_BYTES_MAX
                + " are allowed");
      }
      result.add(KeyGlob.of(toBytes(glob)));
    }
    return result;
  }

  private static void checkName(String what, String name) {
    if (name.length() > NAME_LENGTH_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          what
              + " of "
              + name.length()
              + " characters, at most "
              + NAME_LENGTH_MAX
              + " are allowed");
    }
  }
}
