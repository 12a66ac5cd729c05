package io.replicator.protocol;

import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import com.github.luben.zstd.ZstdDictTrainer;
import com.github.luben.zstd.ZstdException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A trained dictionary, digested once for compression and once for decompression, shared by all
 * threads. Each digest is made when it is first needed, as a client never compresses with one.
 *
 * <p>The digests are memory outside the heap. {@link #close} frees it as soon as no thread is using
 * it any more; using a closed dictionary throws {@link IllegalStateException}.
 */
public final class ZstdDictionary implements AutoCloseable {
  private final int id;
  private final byte[] content;
  private final int level;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The owner until {@link #close}, and every use under way; at 0 the digests are freed. */
  private final AtomicInteger users = new AtomicInteger(1);

  // Guarded by this.
  private ZstdDictCompress compression;
  private ZstdDictDecompress decompression;

  /**
   * @param id not 0, which stands for no dictionary
   * @param content handed over, not to be written to any more
   * @param level of zstd, for compression with it
   */
  public ZstdDictionary(int id, byte[] content, int level) {
    if (id == 0) {
      throw new IllegalArgumentException("dictionary id 0 stands for none");
    }
    this.id = id;
    this.content = content;
    this.level = level;
  }

  /**
   * The content of a dictionary made of {@code samples}; empty where they have nothing in common.
   * Blocks for some tens of milliseconds.
   *
   * @param dictionaryBytes how long it may be
   */
  public static Optional<byte[]> train(List<byte[]> samples, int dictionaryBytes, int level) {
    int bytes = samples.stream().mapToInt(sample -> sample.length).sum();
    var trainer = new ZstdDictTrainer(bytes, dictionaryBytes, level);
    for (byte[] sample : samples) {
      if (!trainer.addSample(sample)) {
        throw new IllegalStateException("no room for samples of " + bytes + " bytes");
      }
    }
    try {
      return Optional.of(trainer.trainSamples());
    } catch (ZstdException e) {
      // zstd's answer to samples without anything in common.
      return Optional.empty();
    }
  }

  public int id() {
    return id;
  }

  /** What a client needs to decompress. Not to be written to. */
  public byte[] content() {
    return content;
  }

  /** Keeps the digests until {@link #release}. */
  void acquire() {
    int count = users.get();
    while (true) {
      if (count == 0) {
        throw new IllegalStateException("dictionary " + id + " is closed");
      }
      int witness = users.compareAndExchange(count, count + 1);
      if (witness == count) {
        return;
      }
      count = witness;
    }
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      free();
    }
  }

  /** Only between {@link #acquire} and {@link #release}. */
  synchronized ZstdDictCompress compression() {
    if (compression == null) {
      compression = new ZstdDictCompress(content, level);
    }
    return compression;
  }

  /**
   * Only between {@link #acquire} and {@link #release}.
   *
   * @throws IllegalStateException if zstd does not take the content for a dictionary
   */
  synchronized ZstdDictDecompress decompression() {
    if (decompression == null) {
      decompression = new ZstdDictDecompress(content);
    }
    return decompression;
  }

  private synchronized void free() {
    if (compression != null) {
      compression.close();
      compression = null;
    }
    if (decompression != null) {
      decompression.close();
      decompression = null;
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release();
    }
  }

  @Override
  public String toString() {
    return "dictionary " + id + " (" + content.length + " bytes, level " + level + ")";
  }
}
