package io.replicator.streams;

import io.replicator.protocol.ZstdDictionary;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Collects what small batches of one database look like, and makes a dictionary of it. A small
 * batch has no past within itself that zstd could refer to; a dictionary is that past.
 *
 * <p>Thread-safe. {@link #offer} is cheap and may stand beside the hot path; {@link #train} takes
 * some tens of milliseconds, during which offers do not wait, and belongs on a dispatcher that may
 * block. Memory is bounded: when the room is used up, the oldest samples make place.
 */
public final class DictionaryTrainer {
  /** Where more stops to help: with more, zstd gains little and every client has to fetch it. */
  public static final int DICTIONARY_BYTES_DEFAULT = 16 << 10;

  public static final int DICTIONARY_BYTES_MAX = 64 << 10;

  /** Fewer make a dictionary of accidents. */
  static final int SAMPLES_MIN = 500;

  static final int SAMPLE_BYTES_MIN = 200 << 10;

  /** zstd advises a hundred times the size of the dictionary. */
  private static final int ROOM_FACTOR = 100;

  /** A batch beyond this is past for itself. */
  private static final int SAMPLE_BYTES_MAX = 16 << 10;

  private static final int SAMPLES_OF_BATCH = 8;

  private final int dictionaryBytes;
  private final int level;
  private final int roomBytes;

  // Guarded by this.
  private final ArrayDeque<byte[]> samples = new ArrayDeque<>();
  private long sampleBytes;

  /**
   * @param level of zstd that will compress with the dictionary
   */
  public DictionaryTrainer(int dictionaryBytes, int level) {
    if (dictionaryBytes < 1024 || dictionaryBytes > DICTIONARY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "dictionary of "
              + dictionaryBytes
              + " bytes, allowed are 1024 to "
              + DICTIONARY_BYTES_MAX);
    }
    this.dictionaryBytes = dictionaryBytes;
    this.level = level;
    this.roomBytes = dictionaryBytes * ROOM_FACTOR;
  }

  /**
   * Keeps a few cuttings of {@code batch} as the small batches that they could have been: of 1, 2,
   * 4 and 8 records, evenly from all of it.
   */
  public void offer(Batch batch, long pulledAtMs) {
    List<VersionedRecord> records = batch.records();
    int step = Math.max(1, records.size() / SAMPLES_OF_BATCH);
    int length = 1;
    for (int at = 0; at < records.size(); at += Math.max(step, length)) {
      int to = Math.min(records.size(), at + length);
      offer(BatchCodec.encode(cutting(batch, records.subList(at, to)), pulledAtMs));
      length = length == 8 ? 1 : 2 * length;
    }
  }

  /** As the batch of a delta, as which small ones come. */
  private static Batch cutting(Batch batch, List<VersionedRecord> records) {
    if (batch.from() instanceof Cursor.At) {
      return new Batch(batch.from(), batch.to(), true, false, records);
    }
    Cursor.At at =
        batch.to() instanceof Cursor.Loading loading
            ? new Cursor.At(loading.epoch(), 0)
            : new Cursor.At(((Cursor.At) batch.to()).epoch(), 0);
    return new Batch(at, at, true, false, records);
  }

  /**
   * @param sample the plain bytes of a small batch, not to be written to any more
   * @return whether it was kept: an empty or large one teaches nothing
   */
  public synchronized boolean offer(byte[] sample) {
    if (sample.length == 0 || sample.length > SAMPLE_BYTES_MAX) {
      return false;
    }
    samples.addLast(sample);
    sampleBytes += sample.length;
    while (sampleBytes > roomBytes) {
      sampleBytes -= samples.removeFirst().length;
    }
    return true;
  }

  /** Whether there are enough samples to train with. */
  public synchronized boolean ready() {
    return samples.size() >= SAMPLES_MIN && sampleBytes >= SAMPLE_BYTES_MIN;
  }

  /** Bytes of the samples held, for meters. */
  public synchronized long sampleBytes() {
    return sampleBytes;
  }

  /**
   * Makes a dictionary of the samples and lets go of them. Blocks for some tens of milliseconds.
   *
   * @return the content of a dictionary; empty where there are too few samples, which are then
   *     kept, or where they have nothing in common
   */
  public Optional<byte[]> train() {
    List<byte[]> taken;
    synchronized (this) {
      if (!ready()) {
        return Optional.empty();
      }
      taken = new ArrayList<>(samples);
      samples.clear();
      sampleBytes = 0;
    }
    return ZstdDictionary.train(taken, dictionaryBytes, level);
  }
}
