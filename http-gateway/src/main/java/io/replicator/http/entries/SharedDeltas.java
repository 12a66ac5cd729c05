package io.replicator.http.entries;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.replicator.http.json.BatchJson;
import io.replicator.http.json.CursorText;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord;
import io.replicator.store.Database;
import io.replicator.store.PullLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.util.ByteString;

/**
 * Batches as JSON, pulled and written once for all who are at the same place of the same database
 * with the same patterns: when a change wakes thousands, it is read once. Any thread; the work
 * blocks, on the executor given.
 */
public final class SharedDeltas {
  /** Short: whoever comes later is better served with the newer state, and expiries go by. */
  private static final Duration REMEMBERED = Duration.ofMillis(100);

  private static final long BYTES_MAX = 32L << 20;
  private static final int OVERHEAD_BYTES = 256;

  /** Of a position in a load, which has to fit a header and a query. */
  private static final int CURSOR_LENGTH_MAX = 4_096;

  private static final int SHORTENINGS_MAX = 10_000;

  private final Executor blocking;
  private final PullLimits limits;
  private final AsyncCache<Place, Delta> deltas;

  public SharedDeltas(Executor blocking, int batchBytesMax) {
    this.blocking = blocking;
    this.limits = new PullLimits(batchBytesMax, PullLimits.DEFAULT.rowsMax());
    this.deltas =
        Caffeine.newBuilder()
            .executor(blocking)
            .expireAfterWrite(REMEMBERED)
            .maximumWeight(BYTES_MAX)
            .weigher((Place place, Delta delta) -> delta.tail().size() + OVERHEAD_BYTES)
            .buildAsync();
  }

  /**
   * A batch and its JSON.
   *
   * @param tail see {@link BatchJson#encodeWithoutFrom}, shared
   * @param records in it
   * @param atHead whether it reached what was the head when the pull began
   */
  public record Delta(
      ByteString tail, Cursor from, Cursor to, boolean frontier, int records, boolean atHead) {
    /**
     * @param since where the reader is: this delta's own beginning, or before it, where nothing
     *     that concerns the reader lies between
     */
    ByteString json(Cursor since) {
      return from instanceof Cursor.Nothing
          ? tail
          : ByteString.fromString("{\"from\":\"" + CursorText.of(since) + "\",")
              .concat(tail.drop(1));
    }
  }

  /**
   * What follows {@code from}.
   *
   * @param rings of the database's bell, taken by whoever asks: those who were woken by a later
   *     ring get no answer that is too early to see what it rang for
   */
  public CompletionStage<Delta> pull(Database database, KeyFilter filter, Cursor from, long rings) {
    var place = new Place(database, filter, from, rings);
    return deltas.get(
        place, (key, executor) -> CompletableFuture.supplyAsync(() -> read(place), blocking));
  }

  private record Place(Database database, KeyFilter filter, Cursor from, long rings) {}

  private Delta read(Place place) {
    long head = place.database().head();
    Batch batch = place.database().pull(place.from(), place.filter(), limits);
    batch = withShortCursor(place, batch);
    boolean atHead = batch.to() instanceof Cursor.At at && at.version() >= head;
    byte[] json = BatchJson.encodeWithoutFrom(batch, System.currentTimeMillis());
    return new Delta(
        ByteString.fromArrayUnsafe(json),
        batch.from(),
        batch.to(),
        batch.frontier(),
        batch.records().size(),
        atHead);
  }

  // A batch that ends at a long key or field goes on to one that is shorter.
  private static Batch withShortCursor(Place place, Batch batch) {
    if (isShort(batch.to())) {
      return batch;
    }
    List<VersionedRecord> records = new ArrayList<>(batch.records());
    Batch last = batch;
    for (int i = 0; i < SHORTENINGS_MAX; i++) {
      last = place.database().pull(last.to(), place.filter(), new PullLimits(1, 1_000));
      records.addAll(last.records());
      if (isShort(last.to())) {
        return new Batch(batch.from(), last.to(), last.frontier(), last.openKey(), records);
      }
    }
    throw new IllegalStateException(
        "thousands of keys longer than " + CURSOR_LENGTH_MAX + " bytes in a row");
  }

  private static boolean isShort(Cursor cursor) {
    return CursorText.of(cursor).length() <= CURSOR_LENGTH_MAX;
  }
}
