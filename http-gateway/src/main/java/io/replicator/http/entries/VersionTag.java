package io.replicator.http.entries;

import io.replicator.http.json.CursorText;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;

/**
 * Entity tags that carry a version: a weak one of a part of a database, of which two encodings are
 * equal in meaning; a strong one of a key, to write against.
 */
final class VersionTag {
  private VersionTag() {}

  static String weak(Cursor.At cursor) {
    return "W/" + strong(cursor);
  }

  static String strong(Cursor.At cursor) {
    return '"' + CursorText.of(cursor) + '"';
  }

  static String ofKey(Epoch epoch, long version) {
    return strong(new Cursor.At(epoch, version));
  }

  /** The cursor in a tag, weak or strong, null for a tag that is none of ours. */
  static Cursor.At parse(String tag) {
    String text = tag.startsWith("W/") ? tag.substring(2) : tag;
    if (text.length() < 2 || !text.startsWith("\"") || !text.endsWith("\"")) {
      return null;
    }
    try {
      return CursorText.parse(text.substring(1, text.length() - 1)) instanceof Cursor.At at
          ? at
          : null;
    } catch (IllegalArgumentException e) {
      // Of somebody else: it matches nothing.
      return null;
    }
  }
}
