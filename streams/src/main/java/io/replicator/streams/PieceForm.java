package io.replicator.streams;

import io.replicator.replication.Bytes;
import java.util.Arrays;

/**
 * Where values are cut into pieces: each ends at {@code end}, and its tag goes up to and including
 * the first {@code mark}.
 */
enum PieceForm {
  /** Members of JSON objects: {@code "name":"Vila","lat":"42.53176"}. */
  MEMBERS((byte) ',', (byte) ':'),
  /** Lines with a name: {@code Package: 0ad}. */
  LINES((byte) '\n', (byte) ':');

  /** Longest tag; a piece whose mark comes later, or never, has the empty tag. */
  static final int TAG_BYTES_MAX = 32;

  /** Tags of one batch, the empty one among them; a piece with one more has the empty tag. */
  static final int TAGS_MAX = 128;

  private static final int VALUES_MIN = 16;
  private static final int SAMPLES = 32;

  /** How often a tag has to come among the samples before it is worth a plane of its own. */
  private static final int TAG_COST = 4;

  /** Values beyond this in total are huge ones, which have no small members to gather. */
  private static final int VALUES_BYTES_MAX = 4 << 20;

  private final byte end;
  private final byte mark;

  PieceForm(byte end, byte mark) {
    this.end = end;
    this.mark = mark;
  }

  byte end() {
    return end;
  }

  /** Where the piece of {@code array} that begins at {@code from} ends, at most {@code to}. */
  int endOfPiece(byte[] array, int from, int to) {
    int at = from;
    while (at < to && array[at] != end) {
      at++;
    }
    return at;
  }

  /** Where the tag of the piece {@code [from, to)} ends; {@code from} where it has none. */
  int endOfTag(byte[] array, int from, int to) {
    int last = Math.min(to, from + TAG_BYTES_MAX);
    for (int at = from; at < last; at++) {
      if (array[at] == mark) {
        return at + 1;
      }
    }
    return from;
  }

  /**
   * The form that most pieces of some of the values have in common, or null where cutting would not
   * pay.
   *
   * @param values the first {@code count} of them are
   */
  static PieceForm of(Bytes[] values, int count, long valuesBytes) {
    if (count < VALUES_MIN || valuesBytes > VALUES_BYTES_MAX) {
      return null;
    }
    PieceForm best = null;
    int bestScore = 0;
    for (PieceForm form : values()) {
      int score = form.score(values, count);
      if (score > bestScore) {
        best = form;
        bestScore = score;
      }
    }
    return best;
  }

  /** Above 0 only where a value has two tags that others have too. */
  private int score(Bytes[] values, int count) {
    int step = Math.max(1, count / SAMPLES);
    int samples = 0;
    int tagged = 0;
    int[] tags = new int[2 * TAGS_MAX];
    int distinct = 0;
    for (int i = 0; i < count; i += step) {
      byte[] array = values[i].array();
      int at = values[i].offset();
      int to = at + Math.min(values[i].length(), 4096);
      samples++;
      while (at < to) {
        int end = endOfPiece(array, at, to);
        int tag = endOfTag(array, at, end);
        if (tag > at) {
          tagged++;
          int hash = hash(array, at, tag);
          int known = 0;
          while (known < distinct && tags[known] != hash) {
            known++;
          }
          if (known == distinct) {
            if (distinct == tags.length) {
              return 0;
            }
            tags[distinct++] = hash;
          }
        }
        at = end + 1;
      }
    }
    return tagged - TAG_COST * distinct - 2 * samples;
  }

  static int hash(byte[] array, int from, int to) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + array[i];
    }
    return hash * 0x9E3779B9;
  }

  static boolean equal(byte[] a, int from, int to, byte[] b) {
    return Arrays.equals(a, from, to, b, 0, b.length);
  }
}
