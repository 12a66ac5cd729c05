package io.replicator.cassandra.verify;

import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Schema;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.KeyDigest;
import io.replicator.streams.verify.KeyImage;
import io.replicator.streams.verify.Listing;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A database, read from end to end: first the tables of data by token range, then the directory by
 * bucket.
 *
 * <pre>
 *   range    rows of all tables, whole, put together to keys; the directory is asked for many keys
 *            at once. Rows of which it knows nothing are named. Of large collections only which
 *            partitions there are
 *   bucket   entries of the directory: a digest of them must equal that of the keys whose rows were
 *            seen, or the keys that make the difference are read one by one. Large collections are
 *            read here
 * </pre>
 *
 * Some threads take the parts of this work one after the other, and wait when as many pages are
 * ready as may be: memory is a few pages for each thread.
 */
final class CassandraListing implements Listing {
  /** Parts of the ring. */
  static final int RANGES = 32;

  /** Of all the work, as people see it. */
  private static final double RANGES_SHARE = 0.9;

  private static final int WORKERS = 4;
  private static final int PAGES_READY = 4;

  /** A multiple of the directory's buckets: a bucket's keys are in parts of their own. */
  private static final int DIGEST_PARTS = Schema.DIRECTORY_BUCKETS * 64;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(WORKERS + 1, CassandraListing::thread);
  private final BlockingQueue<CompletableFuture<Keys>> ready =
      new ArrayBlockingQueue<>(PAGES_READY);
  private final AtomicInteger nextRange = new AtomicInteger();
  private final AtomicInteger nextBucket = new AtomicInteger();
  private final AtomicInteger working = new AtomicInteger(WORKERS);
  private final CountDownLatch scanningRanges = new CountDownLatch(WORKERS);

  /** Takes what a scan has found. */
  @FunctionalInterface
  interface Found {
    /** Waits until there is room. */
    void page(List<Bytes> keys, List<KeyImage> images) throws InterruptedException;
  }

  /**
   * @param read of keys, one by one
   */
  CassandraListing(
      CassandraLink link,
      ViewStatements statements,
      DirectoryReader directory,
      LargeValues values,
      int database,
      Function<List<Bytes>, CompletionStage<List<KeyImage>>> read) {
    var seen = new KeyDigest(DIGEST_PARTS);
    var listed = new KeyDigest(DIGEST_PARTS);
    for (int i = 0; i < WORKERS; i++) {
      var ranges = new RangeScan(link, statements, directory, values, database, seen, this::put);
      var buckets = new BucketScan(link, directory, read, seen, listed, this::put);
      threads.execute(() -> work(ranges, buckets));
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "replicator-cassandra-listing");
    thread.setDaemon(true);
    return thread;
  }

  private void work(RangeScan ranges, BucketScan buckets) {
    try {
      try {
        for (int range; (range = nextRange.getAndIncrement()) < RANGES; ) {
          ranges.scan(range);
        }
        ranges.finish();
        scanningRanges.countDown();
        scanningRanges.await();
        for (int bucket; (bucket = nextBucket.getAndIncrement()) < Schema.DIRECTORY_BUCKETS; ) {
          buckets.scan(bucket);
        }
      } catch (RuntimeException e) {
        ready.put(CompletableFuture.failedFuture(e));
      }
      if (working.decrementAndGet() == 0) {
        ready.put(CompletableFuture.completedFuture(null));
      }
    } catch (InterruptedException e) {
      // Closed: nobody wants more.
      Thread.currentThread().interrupt();
    }
  }

  private void put(List<Bytes> keys, List<KeyImage> images) throws InterruptedException {
    ready.put(CompletableFuture.completedFuture(new Keys(keys, images, share())));
  }

  /** What the workers have begun, each with one part, is not done. */
  private double share() {
    double ranges = Math.max(0, nextRange.get() - WORKERS) / (double) RANGES;
    double buckets = Math.max(0, nextBucket.get() - WORKERS) / (double) Schema.DIRECTORY_BUCKETS;
    return Math.min(1, RANGES_SHARE * ranges + (1 - RANGES_SHARE) * buckets);
  }

  @Override
  public CompletionStage<Keys> next() {
    CompletableFuture<Keys> page = ready.poll();
    return page != null
        ? page
        : CompletableFuture.supplyAsync(this::take, threads).thenCompose(Function.identity());
  }

  private CompletableFuture<Keys> take() {
    try {
      return ready.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException("the listing was closed", e);
    }
  }

  /** For the threads of a listing, which may block. */
  static <T> T await(CompletionStage<T> stage) throws InterruptedException {
    try {
      return stage.toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new CompletionException(e.getCause());
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
