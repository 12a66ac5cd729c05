package io.replicator.redis.verify;

import io.replicator.redis.verify.ComparisonSettings.Progress;
import io.replicator.redis.verify.KeyspaceView.Page;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Compares two views: every key of the first with the second's, then the second's keys that the
 * first lacks. Reads one page ahead; memory is a few pages, whatever is compared. Blocks; confined
 * to one thread.
 *
 * <p>Keys expire while it runs, on one side a moment before the other: a key that only one side
 * has, and which is about to expire there, is no difference, and an expiring key that differs is
 * looked at again after a while.
 */
final class KeyspaceComparison {
  /** Waits for expiring keys in total: many real differences must not take forever. */
  private static final int SETTLES_MAX = 20;

  private final KeyspaceView from;
  private final KeyspaceView to;
  private final ComparisonSettings settings;
  private final Progress progress;
  private final List<String> examples = new ArrayList<>();
  private long total;
  private long looked;
  private long compared;
  private long differences;
  private int settles;

  KeyspaceComparison(
      KeyspaceView from, KeyspaceView to, ComparisonSettings settings, Progress progress) {
    this.from = from;
    this.to = to;
    this.settings = settings;
    this.progress = progress;
  }

  Comparison run() throws InterruptedException {
    total = await(from.size()) + await(to.size());
    progress.at(0, total);
    pass(from, this::compare);
    pass(to, this::findMissing);
    progress.at(total, total);
    return new Comparison(compared, differences, examples);
  }

  private interface PageCheck {
    void check(List<Bytes> keys) throws InterruptedException;
  }

  private void pass(KeyspaceView listed, PageCheck check) throws InterruptedException {
    CompletionStage<Page> coming = listed.keys(KeyspaceView.START);
    while (coming != null) {
      Page page = await(coming);
      coming = page.next() == null ? null : listed.keys(page.next());
      List<Bytes> keys =
          settings.filter().matchesAll()
              ? page.items()
              : page.items().stream().filter(settings.filter()::matches).toList();
      if (!keys.isEmpty()) {
        check.check(keys);
      }
      looked += page.items().size();
      progress.at(Math.min(looked, total), total);
    }
  }

  private void compare(List<Bytes> keys) throws InterruptedException {
    compared += keys.size();
    List<Bytes> again = new ArrayList<>();
    compare(keys, again);
    if (!again.isEmpty()) {
      settles++;
      Thread.sleep(settings.settle().toMillis());
      compare(again, null);
    }
  }

  /**
   * @param again takes the expiring keys that differ; null to count them at once
   */
  private void compare(List<Bytes> keys, List<Bytes> again) {
    CompletionStage<List<KeyImage>> reading = from.read(keys);
    List<KeyImage> theirs = await(to.read(keys));
    List<KeyImage> ours = await(reading);
    for (int i = 0; i < keys.size(); i++) {
      String difference = difference(keys.get(i), ours.get(i), theirs.get(i));
      if (difference == null) {
        continue;
      }
      if (again != null
          && settles < SETTLES_MAX
          && (isExpiring(ours.get(i)) || isExpiring(theirs.get(i)))) {
        again.add(keys.get(i));
      } else {
        found(keys.get(i), difference);
      }
    }
  }

  private void findMissing(List<Bytes> keys) throws InterruptedException {
    List<Bytes> missing = await(from.missing(keys));
    if (missing.isEmpty()) {
      return;
    }
    compare(missing);
  }

  private void found(Bytes key, String difference) {
    differences++;
    if (examples.size() < settings.examplesMax()) {
      examples.add(key + ": " + difference);
    }
  }

  private static boolean isExpiring(KeyImage image) {
    return image != null && image.expiresAtMs() != 0;
  }

  private boolean isAboutToExpire(KeyImage image) {
    return isExpiring(image)
        && image.expiresAtMs()
            <= settings.clockMs().getAsLong() + settings.expiryTolerance().toMillis();
  }

  /** In words, null where there is none. */
  private String difference(Bytes key, KeyImage ours, KeyImage theirs) {
    if (ours == null && theirs == null) {
      return null;
    }
    if (ours == null || theirs == null) {
      KeyImage there = ours == null ? theirs : ours;
      return isAboutToExpire(there)
          ? null
          : "a "
              + nameOf(there.type())
              + " at "
              + (ours == null ? to : from).describe()
              + ", absent at "
              + (ours == null ? from : to).describe();
    }
    if (ours.type() != theirs.type()) {
      return "a " + nameOf(ours.type()) + " against a " + nameOf(theirs.type());
    }
    String value = valueDifference(key, ours, theirs);
    return value != null ? value : expiryDifference(ours, theirs);
  }

  private String expiryDifference(KeyImage ours, KeyImage theirs) {
    if (ours.expiresAtMs() == theirs.expiresAtMs()) {
      return null;
    }
    if (ours.expiresAtMs() == 0 || theirs.expiresAtMs() == 0) {
      return "expires " + at(ours.expiresAtMs()) + " against " + at(theirs.expiresAtMs());
    }
    long apart = Math.abs(ours.expiresAtMs() - theirs.expiresAtMs());
    return apart <= settings.expiryTolerance().toMillis()
        ? null
        : "expires "
            + at(ours.expiresAtMs())
            + " against "
            + at(theirs.expiresAtMs())
            + ", "
            + apart
            + " ms apart";
  }

  private static String at(long expiresAtMs) {
    return expiresAtMs == 0 ? "never" : java.time.Instant.ofEpochMilli(expiresAtMs).toString();
  }

  private String valueDifference(Bytes key, KeyImage ours, KeyImage theirs) {
    if (ours.parts() != null && theirs.parts() != null) {
      return ours.parts().equals(theirs.parts()) ? null : partsDifference(ours, theirs);
    }
    if (ours.size() != theirs.size()) {
      return sizes(ours, theirs);
    }
    return switch (ours.type()) {
      case HASH, SET, ZSET -> fieldsDifference(key, ours.type());
      default -> sequenceDifference(key, ours.type());
    };
  }

  private static String sizes(KeyImage ours, KeyImage theirs) {
    String unit =
        switch (ours.type()) {
          case STRING, OPAQUE -> " bytes";
          case HASH -> " fields";
          case SET, ZSET -> " members";
          case LIST -> " elements";
          case STREAM -> " entries";
        };
    return "a " + nameOf(ours.type()) + " of " + ours.size() + unit + " against " + theirs.size();
  }

  private static String partsDifference(KeyImage ours, KeyImage theirs) {
    int at = 0;
    int common = Math.min(ours.parts().size(), theirs.parts().size());
    while (at < common && ours.parts().get(at).equals(theirs.parts().get(at))) {
      at++;
    }
    if (at == common) {
      return sizes(ours, theirs);
    }
    Bytes our = ours.parts().get(at);
    Bytes their = theirs.parts().get(at);
    return switch (ours.type()) {
      case STRING, OPAQUE -> "a " + nameOf(ours.type()) + " with " + values(our, their);
      case LIST -> "element " + at + " is " + our + " against " + their;
      case HASH, ZSET ->
          at % 2 == 1
              ? "field " + ours.parts().get(at - 1) + " is " + our + " against " + their
              : "field " + smaller(our, their) + " is on one side only";
      case SET -> "member " + smaller(our, their) + " is on one side only";
      case STREAM -> "an entry has " + our + " against " + their;
    };
  }

  private static Bytes smaller(Bytes a, Bytes b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Around the first byte that differs, where the values are long. */
  private static String values(Bytes our, Bytes their) {
    int from = Math.max(0, our.commonPrefix(their) - 16);
    return (from > 0 ? "from byte " + from + " on " : "")
        + our.slice(from, our.length())
        + " against "
        + their.slice(from, their.length());
  }

  /** Sizes being equal, it is enough that the other side has every field with its value. */
  private String fieldsDifference(Bytes key, DataType type) {
    int stride = type == DataType.SET ? 1 : 2;
    String position = KeyspaceView.START;
    while (position != null) {
      Page page = await(from.elements(key, type, position));
      List<Bytes> fields = new ArrayList<>(page.items().size() / stride);
      for (int i = 0; i < page.items().size(); i += stride) {
        fields.add(page.items().get(i));
      }
      List<Bytes> theirs = await(to.lookup(key, type, fields));
      for (int i = 0; i < fields.size(); i++) {
        Bytes our = stride == 1 ? Bytes.EMPTY : page.items().get(i * stride + 1);
        Bytes their = theirs.get(i);
        if (their == null) {
          return "field " + fields.get(i) + " is missing at " + to.describe();
        }
        if (!our.equals(their)) {
          return "field " + fields.get(i) + " is " + our + " against " + their;
        }
      }
      position = page.next();
    }
    return null;
  }

  private String sequenceDifference(Bytes key, DataType type) {
    String position = KeyspaceView.START;
    while (position != null) {
      CompletionStage<Page> reading = from.elements(key, type, position);
      Page theirs = await(to.elements(key, type, position));
      Page ours = await(reading);
      if (!ours.items().equals(theirs.items()) || !Objects.equals(ours.next(), theirs.next())) {
        return "a large " + nameOf(type) + " differs at or after position " + position;
      }
      position = ours.next();
    }
    return null;
  }

  private static String nameOf(DataType type) {
    return type.name().toLowerCase(java.util.Locale.ROOT);
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }
}
