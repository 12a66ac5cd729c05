package io.replicator.streams.send;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.replicator.protocol.Blocks;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.store.Database;
import io.replicator.store.PullLimits;
import io.replicator.streams.BatchCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Pulls, encodes and compresses batches, once for all sessions that ask for the same one.
 *
 * <p>Sessions at the same place in the same log, with the same filter, share: whoever asks first
 * starts the work, the others get its result. A block is remembered for a second only, because a
 * session that arrives later is better served with the newer state, and by weight, because blocks
 * are what a hub's memory is for.
 *
 * <p>Thread-safe. The work blocks on disk and runs on the executor given.
 */
public final class SharedBlocks {
  private static final Duration REMEMBERED = Duration.ofSeconds(1);
  private static final int ENTRY_OVERHEAD_BYTES = 256;

  private final Executor blocking;
  private final int compressionLevel;
  private final Dictionaries dictionaries;
  private final AsyncCache<Place, EncodedBatch> blocks;

  public SharedBlocks(Executor blocking, SessionSettings settings, Dictionaries dictionaries) {
    this.blocking = blocking;
    this.compressionLevel = settings.compressionLevel();
    this.dictionaries = dictionaries;
    this.blocks =
        Caffeine.newBuilder()
            .executor(blocking)
            .expireAfterWrite(REMEMBERED)
            .maximumWeight(settings.sharedBlocksBytes())
            .weigher(
                (Place place, EncodedBatch batch) -> batch.block().length() + ENTRY_OVERHEAD_BYTES)
            .buildAsync();
  }

  /** The batch at {@code place}. */
  CompletionStage<EncodedBatch> pull(Place place) {
    return blocks.get(place, (ignored, executor) -> start(place));
  }

  /**
   * The same, but surely begun after this call: for a session that was told of a change which a
   * shared answer may have been too early to see.
   */
  CompletionStage<EncodedBatch> pullAgain(Place place) {
    var fresh = start(place);
    blocks.put(place, fresh);
    return fresh;
  }

  Dictionaries dictionaries() {
    return dictionaries;
  }

  private CompletableFuture<EncodedBatch> start(Place place) {
    return CompletableFuture.supplyAsync(() -> encode(place), blocking);
  }

  private EncodedBatch encode(Place place) {
    Database database = place.database();
    long startedNs = System.nanoTime();
    long pulledAtMs = System.currentTimeMillis();
    Batch batch =
        database.pull(
            place.from(),
            place.filter(),
            new PullLimits(place.bytesMax(), PullLimits.DEFAULT.rowsMax()));
    byte[] plain = BatchCodec.encode(batch, pulledAtMs);
    dictionaries.offer(database.name(), batch, pulledAtMs);
    ZstdDictionary dictionary =
        place.withDictionary() ? dictionaries.forBatch(database.name(), plain.length) : null;
    Bytes block = Bytes.wrap(Blocks.encode(plain, compressionLevel, dictionary));
    return new EncodedBatch(
        block,
        dictionary == null ? 0 : dictionary.id(),
        batch.from(),
        batch.to(),
        batch.frontier(),
        batch.records().size(),
        versions(database, batch),
        plain.length,
        pulledAtMs,
        startedNs);
  }

  /**
   * How many changes of the keys asked for the batch stands for. What was superseded has left no
   * trace of whose it was: it counts for the keys asked for in the proportion of what is left.
   */
  private static long versions(Database database, Batch batch) {
    if (batch.from() instanceof Cursor.At from && batch.to() instanceof Cursor.At to) {
      long all = database.versionsBetween(from.version(), to.version());
      long asked = batch.records().size();
      long read = asked + batch.passedOver();
      return read == 0 ? 0 : Math.round((double) all * asked / read);
    }
    return 0;
  }

  /**
   * What sessions that share a block have in common.
   *
   * @param bytesMax where the pull stops
   * @param withDictionary whether the session may be handed a dictionary for the block
   */
  record Place(
      Database database, KeyFilter filter, Cursor from, int bytesMax, boolean withDictionary) {}
}
