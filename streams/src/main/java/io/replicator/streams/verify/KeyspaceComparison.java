package io.replicator.streams.verify;

import io.replicator.replication.Bytes;
import io.replicator.streams.verify.ComparisonSettings.Progress;
import io.replicator.streams.verify.Listing.Keys;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Compares two views. One is listed, and each of its keys is compared with what the other, when
 * asked, says of it. Then the other's keys are listed, and a digest of them is held against that of
 * the first listing: only where parts of it differ may a key be missing, and is looked for. Memory
 * is a few pages, whatever is compared. Blocks; confined to one thread.
 *
 * <p>Keys expire while it runs, on one side a moment before the other: a key that only one side
 * has, and which is about to expire there, is no difference, and an expiring key that differs is
 * looked at again after a while.
 */
public final class KeyspaceComparison {
  /** Waits for expiring keys in total: many real differences must not take forever. */
  private static final int SETTLES_MAX = 20;

  private static final int DIGEST_PARTS = 1 << 16;

  private final KeyspaceView from;
  private final KeyspaceView listed;
  private final KeyspaceView asked;
  private final ComparisonSettings settings;
  private final Differences differences;
  private final ComparisonPace pace;
  private final List<String> examples = new ArrayList<>();
  private long compared;
  private long different;
  private int settles;

  public KeyspaceComparison(
      KeyspaceView from, KeyspaceView to, ComparisonSettings settings, Progress progress) {
    this.from = from;
    this.listed = listed(from, to);
    this.asked = listed == from ? to : from;
    this.settings = settings;
    this.differences = new Differences(from, to, settings);
    this.pace = new ComparisonPace(progress);
  }

  /** Of two places the one that is listed, while the other is asked. */
  static KeyspaceView listed(KeyspaceView from, KeyspaceView to) {
    return to.listsImages() && !from.listsImages() ? to : from;
  }

  /** Blocks until all is compared. */
  public Comparison run() throws InterruptedException {
    pace.begin(await(listed.size()), await(asked.size()));
    var seen = new KeyDigest(DIGEST_PARTS);
    eachPage(
        listed,
        page -> {
          page.keys().forEach(key -> seen.add(key, 0));
          compared += page.keys().size();
          compare(page.keys(), page.images());
        });
    var there = new KeyDigest(DIGEST_PARTS);
    eachPage(asked, page -> page.keys().forEach(key -> there.add(key, 0)));
    if (seen.differs(there)) {
      eachPage(asked, page -> findMissing(page.keys().stream().filter(differing(seen, there))));
    }
    pace.end();
    return new Comparison(compared, different, examples);
  }

  private static Predicate<Bytes> differing(KeyDigest seen, KeyDigest there) {
    return key -> seen.differs(there, key);
  }

  private interface PageCheck {
    void check(Keys page) throws InterruptedException;
  }

  private void eachPage(KeyspaceView view, PageCheck check) throws InterruptedException {
    pace.beginListing();
    try (Listing listing = view.list()) {
      Keys page = await(listing.next());
      while (page != null) {
        CompletionStage<Keys> coming = listing.next();
        Keys counted = counted(page);
        if (!counted.keys().isEmpty()) {
          check.check(counted);
        }
        pace.listed(page.keys().size(), page.share());
        page = await(coming);
      }
    }
  }

  /** Those of the filter. */
  private Keys counted(Keys page) {
    if (settings.filter().matchesAll()) {
      return page;
    }
    List<Bytes> keys = new ArrayList<>();
    List<KeyImage> images = page.images() == null ? null : new ArrayList<>();
    for (int i = 0; i < page.keys().size(); i++) {
      if (settings.filter().matches(page.keys().get(i))) {
        keys.add(page.keys().get(i));
        if (images != null) {
          images.add(page.images().get(i));
        }
      }
    }
    return new Keys(keys, images, page.share());
  }

  /**
   * @param images of the listed side; null to read them too
   */
  private void compare(List<Bytes> keys, List<KeyImage> images) throws InterruptedException {
    List<Bytes> again = new ArrayList<>();
    compare(keys, images, again);
    if (!again.isEmpty()) {
      settles++;
      Thread.sleep(settings.settle().toMillis());
      compare(again, null, null);
    }
  }

  /**
   * @param again takes the expiring keys that differ; null to count them at once
   */
  private void compare(List<Bytes> keys, List<KeyImage> images, List<Bytes> again) {
    CompletionStage<List<KeyImage>> reading =
        images == null ? listed.read(keys) : CompletableFuture.completedFuture(images);
    List<KeyImage> ofAsked = await(asked.read(keys));
    List<KeyImage> ofListed = await(reading);
    List<KeyImage> ours = listed == from ? ofListed : ofAsked;
    List<KeyImage> theirs = listed == from ? ofAsked : ofListed;
    for (int i = 0; i < keys.size(); i++) {
      String difference = differences.between(keys.get(i), ours.get(i), theirs.get(i));
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

  private void findMissing(Stream<Bytes> suspects) throws InterruptedException {
    List<Bytes> keys = suspects.toList();
    List<Bytes> missing = keys.isEmpty() ? keys : await(listed.missing(keys));
    if (!missing.isEmpty()) {
      compared += missing.size();
      compare(missing, null);
    }
  }

  private void found(Bytes key, String difference) {
    different++;
    if (examples.size() < settings.examplesMax()) {
      examples.add(key + ": " + difference);
    }
  }

  static boolean isExpiring(KeyImage image) {
    return image != null && image.expiresAtMs() != 0;
  }

  static <T> T await(CompletionStage<T> stage) {
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
