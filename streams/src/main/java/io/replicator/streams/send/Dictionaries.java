package io.replicator.streams.send;

import com.google.protobuf.UnsafeByteOperations;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.protocol.v1.Frame;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.store.Store;
import io.replicator.streams.DictionaryTrainer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compression dictionaries of a hub: one for each database, trained once on samples of what its
 * small batches look like, kept in the store, handed to clients by their sessions. Thread-safe.
 */
public final class Dictionaries {
  private static final Logger LOG = LoggerFactory.getLogger(Dictionaries.class);

  /** Larger batches compress as well without one, and would be slower with one. */
  private static final int BATCH_BYTES_MAX = 64 * 1024;

  private final Store store;
  private final Executor blocking;
  private final int compressionLevel;
  private final Map<String, Holder> holders = new ConcurrentHashMap<>();

  public Dictionaries(Store store, Executor blocking, int compressionLevel) {
    this.store = store;
    this.blocking = blocking;
    this.compressionLevel = compressionLevel;
  }

  /** Size of the dictionary of {@code database}, 0 while it has none. */
  int bytes(String database) {
    ZstdDictionary dictionary = holder(database).dictionary;
    return dictionary == null ? 0 : dictionary.content().length;
  }

  /** The dictionary to compress a batch with, or null for none. */
  ZstdDictionary forBatch(String database, int plainBytes) {
    return plainBytes <= BATCH_BYTES_MAX ? holder(database).dictionary : null;
  }

  /** What hands dictionary {@code id} over to a client. */
  Frame frame(String database, int id) {
    ZstdDictionary dictionary = holder(database).dictionary;
    if (dictionary == null || dictionary.id() != id) {
      throw new IllegalStateException(
          "dictionary " + id + " of database " + database + " is not there");
    }
    return Frame.newBuilder()
        .setDictionary(
            Dictionary.newBuilder()
                .setId(id)
                .setDatabase(database)
                .setContent(UnsafeByteOperations.unsafeWrap(dictionary.content())))
        .build();
  }

  /** Takes a sample or a few from a batch, until there are enough to train on. */
  void offer(String database, Batch batch, long pulledAtMs) {
    Holder holder = holder(database);
    if (holder.dictionary != null || holder.training.get()) {
      return;
    }
    DictionaryTrainer trainer = holder.trainer;
    trainer.offer(batch, pulledAtMs);
    if (trainer.ready() && holder.training.compareAndSet(false, true)) {
      blocking.execute(() -> train(database, holder));
    }
  }

  private void train(String database, Holder holder) {
    try {
      byte[] content = holder.trainer.train().orElse(null);
      if (content == null) {
        holder.training.set(false);
        return;
      }
      store.putAttachment(attachment(database), Bytes.wrap(content));
      holder.dictionary = digest(content);
      LOG.info("dictionary of {} bytes trained for database {}", content.length, database);
    } catch (RuntimeException e) {
      // Without a dictionary everything works, in more bytes.
      LOG.warn("no dictionary could be trained for database {}", database, e);
    }
  }

  private Holder holder(String database) {
    return holders.computeIfAbsent(
        database,
        name -> {
          var holder = new Holder();
          Bytes stored = store.attachment(attachment(name));
          if (!stored.isEmpty()) {
            holder.dictionary = digest(stored.toArray());
          }
          return holder;
        });
  }

  private ZstdDictionary digest(byte[] content) {
    var checksum = new CRC32C();
    checksum.update(content);
    int id = (int) checksum.getValue();
    return new ZstdDictionary(id == 0 ? 1 : id, content, compressionLevel);
  }

  private static String attachment(String database) {
    return "dictionary/" + database;
  }

  private final class Holder {
    private final DictionaryTrainer trainer =
        new DictionaryTrainer(DictionaryTrainer.DICTIONARY_BYTES_DEFAULT, compressionLevel);
    private final AtomicBoolean training = new AtomicBoolean();
    private volatile ZstdDictionary dictionary;
  }
}
