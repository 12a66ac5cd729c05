package io.replicator.cassandra.verify;

import static io.replicator.cassandra.verify.CassandraListing.await;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Schema;
import io.replicator.cassandra.verify.CassandraListing.Found;
import io.replicator.replication.Bytes;
import io.replicator.streams.verify.KeyDigest;
import io.replicator.streams.verify.KeyImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Reads a bucket of the directory when all rows have been seen, and names what it lists and has no
 * rows. Brings the large collections. Blocks; several threads may scan different buckets.
 */
final class BucketScan {
  /** A key may be 65,000 bytes long. */
  private static final int PAGE_ENTRIES = 1_000;

  private final CassandraLink link;
  private final DirectoryReader directory;
  private final Function<List<Bytes>, CompletionStage<List<KeyImage>>> read;
  private final KeyDigest seen;
  private final KeyDigest listed;
  private final Found found;

  /**
   * @param seen keys with the tables in which both they and the directory are
   * @param listed takes keys with the tables in which the directory is
   */
  BucketScan(
      CassandraLink link,
      DirectoryReader directory,
      Function<List<Bytes>, CompletionStage<List<KeyImage>>> read,
      KeyDigest seen,
      KeyDigest listed,
      Found found) {
    this.link = link;
    this.directory = directory;
    this.read = read;
    this.seen = seen;
    this.listed = listed;
    this.found = found;
  }

  private interface EachPage {
    void entries(List<DirectoryEntry> entries) throws InterruptedException;
  }

  void scan(int bucket) throws InterruptedException {
    var hasLarge = new AtomicBoolean();
    eachPage(
        bucket,
        entries -> {
          digest(bucket, entries);
          hasLarge.compareAndSet(
              false, entries.stream().anyMatch(entry -> entry.table().isLarge()));
        });
    if (hasLarge.get() || seen.differs(listed, bucket, Schema.DIRECTORY_BUCKETS)) {
      eachPage(bucket, entries -> readSuspects(bucket, entries));
    }
  }

  private void eachPage(int bucket, EachPage each) throws InterruptedException {
    ByteBuffer paging = null;
    do {
      AsyncResultSet page = await(link.send(directory.bucket(bucket, PAGE_ENTRIES, paging)));
      each.entries(DirectoryReader.entries(page));
      paging = page.hasMorePages() ? page.getExecutionInfo().getPagingState() : null;
    } while (paging != null);
  }

  private static boolean isMisplaced(DirectoryEntry entry, int bucket) {
    return Names.bucket(entry.key(), Schema.DIRECTORY_BUCKETS) != bucket;
  }

  private void digest(int bucket, List<DirectoryEntry> entries) throws InterruptedException {
    for (DirectoryEntry entry : entries) {
      if (isMisplaced(entry, bucket)) {
        KeyImage image =
            CassandraView.flawed(
                entry,
                "its entry in the directory is in bucket "
                    + bucket
                    + ", where nobody looks for it ("
                    + Names.bucket(entry.key(), Schema.DIRECTORY_BUCKETS)
                    + " is its)");
        found.page(List.of(entry.key()), List.of(image));
      } else if (!entry.table().isLarge()) {
        listed.add(entry.key(), entry.table().bit());
      }
    }
  }

  private void readSuspects(int bucket, List<DirectoryEntry> entries) throws InterruptedException {
    Set<Bytes> large = new LinkedHashSet<>();
    Set<Bytes> suspects = new LinkedHashSet<>();
    for (DirectoryEntry entry : entries) {
      if (isMisplaced(entry, bucket)) {
        continue;
      }
      if (entry.table().isLarge()) {
        large.add(entry.key());
      }
      if (entry.table().isLarge() || seen.differs(listed, entry.key())) {
        suspects.add(entry.key());
      }
    }
    if (suspects.isEmpty()) {
      return;
    }
    List<Bytes> asked = List.copyOf(suspects);
    List<KeyImage> images = await(read.apply(asked));
    List<Bytes> keys = new ArrayList<>();
    List<KeyImage> named = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      KeyImage image = images.get(i);
      // With rows, but of a large collection, it was listed with them.
      boolean unseen = image != null && image.flaw() != null && image.size() == 0;
      if (image != null && (unseen || large.contains(asked.get(i)))) {
        keys.add(asked.get(i));
        named.add(image);
      }
    }
    found.page(keys, named);
  }
}
