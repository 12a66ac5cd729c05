package io.replicator.redis.apply;

import io.replicator.replication.Bytes;
import io.replicator.streams.FeedKey;

/**
 * The names of what the product itself keeps in a target database; see the package's documentation.
 *
 * @param cursorField the feed's field in {@link #CURSORS}
 * @param stale set of keys that a reset load has not brought yet
 * @param stage the part so far of a collection that spans batches of a load
 * @param empty hash of collections that exist at the hub, but whose fields the copy has yet to get
 */
record TargetKeys(Bytes cursorField, Bytes stale, Bytes stage, Bytes empty) {
  static final Bytes PREFIX = Bytes.utf8("replicator:");
  static final Bytes CURSORS = Bytes.utf8("replicator:cursors");

  static TargetKeys of(FeedKey feed) {
    String name = feed.database() + "/" + feed.fingerprint();
    return new TargetKeys(
        Bytes.utf8(name),
        Bytes.utf8("replicator:stale:" + name),
        Bytes.utf8("replicator:stage:" + name),
        Bytes.utf8("replicator:empty:" + name));
  }

  /** The feed of a field of {@link #CURSORS}, null for what is none. */
  static FeedKey feedOf(Bytes cursorField) {
    String name = cursorField.asUtf8();
    int slash = name.lastIndexOf('/');
    return slash < 0 ? null : new FeedKey(name.substring(0, slash), name.substring(slash + 1));
  }
}
