package io.replicator.redis.apply;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How far a feed's copy is: the value of its field in {@code replicator:cursors}. Words separated
 * by spaces, those after the version optional and in any order:
 *
 * <pre>
 *   EPOCH(16 hex digits) VERSION
 *       [loading=POSITION(hex)]                      in a load, up to this row
 *       [sweep=marked|sweeping]                      a reset load over existing keys, or its last step
 *       [open=KEY(hex),TYPE,EXPIRES-AT-MS,STAGED]    collection of which the load brought only a part
 *       [emptied]                                    replicator:empty:… may hold something
 * </pre>
 *
 * @param open null where no collection is open
 */
record FeedProgress(Cursor cursor, Sweep sweep, OpenKey open, boolean emptied) {
  static final FeedProgress NONE = new FeedProgress(Cursor.NOTHING, Sweep.NONE, null, false);

  /** Where a reset load is with the keys that the hub may no longer have. */
  enum Sweep {
    /** Nothing to remove. */
    NONE,
    /** Old keys are collected in the stale set; every batch takes out what it brings. */
    MARKED,
    /** The copy has reached a frontier after the load: what is left in the stale set goes. */
    SWEEPING;

    /**
     * After a batch. What changes while a load is under way comes only with the delta, so the
     * load's end alone does not tell that the hub has not got a key.
     */
    Sweep after(boolean frontier) {
      return this == MARKED && frontier ? SWEEPING : this;
    }
  }

  /**
   * A collection whose fields the load has brought in part.
   *
   * @param expiresAtMs 0 for never or not known yet
   * @param staged whether the staging key exists, that is, holds at least one field
   */
  record OpenKey(Bytes key, DataType type, long expiresAtMs, boolean staged) {
    OpenKey withStaged() {
      return new OpenKey(key, type, expiresAtMs, true);
    }
  }

  FeedProgress withCursor(Cursor next) {
    return new FeedProgress(next, sweep, open, emptied);
  }

  FeedProgress withSweep(Sweep next) {
    return new FeedProgress(cursor, next, open, emptied);
  }

  FeedProgress withOpen(OpenKey next) {
    return new FeedProgress(cursor, sweep, next, emptied);
  }

  FeedProgress withEmptied(boolean next) {
    return new FeedProgress(cursor, sweep, open, next);
  }

  /** The text that {@link #parse} reads. */
  String encode() {
    var text = new StringBuilder();
    if (cursor instanceof Cursor.Loading loading) {
      text.append(loading.epoch()).append(' ').append(loading.version());
      text.append(" loading=").append(hex(loading.position()));
    } else if (cursor instanceof Cursor.At at) {
      text.append(at.epoch()).append(' ').append(at.version());
    } else {
      throw new IllegalStateException("progress without a cursor is not stored");
    }
    switch (sweep) {
      case NONE -> {}
      case MARKED -> text.append(" sweep=marked");
      case SWEEPING -> text.append(" sweep=sweeping");
    }
    if (open != null) {
      text.append(" open=").append(hex(open.key())).append(',').append(open.type().code());
      text.append(',').append(open.expiresAtMs()).append(',').append(open.staged());
    }
    if (emptied) {
      text.append(" emptied");
    }
    return text.toString();
  }

  /**
   * @throws IllegalArgumentException for anything that {@link #encode} does not make
   */
  static FeedProgress parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length < 2) {
      throw new IllegalArgumentException("fewer than two words");
    }
    Epoch epoch = Epoch.parse(words[0]);
    long version = Long.parseLong(words[1]);
    Map<String, String> options =
        Arrays.stream(words, 2, words.length)
            .map(word -> word.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair.length > 1 ? pair[1] : ""));
    String position = options.remove("loading");
    String sweep = options.remove("sweep");
    String open = options.remove("open");
    String emptied = options.remove("emptied");
    if (!options.isEmpty()) {
      throw new IllegalArgumentException("unknown words " + options.keySet());
    }
    return new FeedProgress(
        position == null
            ? new Cursor.At(epoch, version)
            : new Cursor.Loading(epoch, version, unhex(position)),
        sweep == null
            ? Sweep.NONE
            : switch (sweep) {
              case "marked" -> Sweep.MARKED;
              case "sweeping" -> Sweep.SWEEPING;
              default -> throw new IllegalArgumentException("unknown sweep " + sweep);
            },
        open == null ? null : parseOpen(open.split(",", -1)),
        emptied != null);
  }

  private static OpenKey parseOpen(String[] parts) {
    if (parts.length != 4) {
      throw new IllegalArgumentException("an open key has four parts, not " + parts.length);
    }
    return new OpenKey(
        unhex(parts[0]),
        DataType.of(Integer.parseInt(parts[1])),
        Long.parseLong(parts[2]),
        Boolean.parseBoolean(parts[3]));
  }

  private static String hex(Bytes bytes) {
    return HexFormat.of().formatHex(bytes.array(), bytes.offset(), bytes.offset() + bytes.length());
  }

  private static Bytes unhex(String text) {
    return Bytes.wrap(HexFormat.of().parseHex(text));
  }
}
