package io.replicator.http.entries;

import io.replicator.http.entries.Loads.Held;
import io.replicator.protocol.Blocks;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.VersionedRecord.Header;
import io.replicator.store.PullLimits;
import io.replicator.streams.BatchCodec;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Bodies that are read from a held snapshot while they are sent. The next part is read while the
 * last one is being sent, and no more: memory is bounded by parts, and whoever reads slowly makes
 * the disk be read slowly. The snapshot is closed when the body ends, whatever the reason.
 */
final class EntriesBody {
  /** Encoded at a time, beside the pull of the next: what keeps two cores busy. */
  private static final int ENCODED_MAX = 2;

  private final Executor blocking;
  private final Duration timeMax;
  private final int compressionLevel;

  EntriesBody(Executor blocking, Duration timeMax, int compressionLevel) {
    this.blocking = blocking;
    this.timeMax = timeMax;
    this.compressionLevel = compressionLevel;
  }

  /**
   * Text, encoded.
   *
   * @param sent is told of entries
   */
  Source<ByteString, NotUsed> text(
      Held held, EntriesText text, ContentCoding coding, LongConsumer sent) {
    return parts(
            held,
            () -> {
              if (text.ended()) {
                return null;
              }
              long before = text.entries();
              byte[] plain = text.next();
              sent.accept(text.entries() - before);
              ByteString part =
                  plain.length == 0 ? ByteString.emptyByteString() : wrap(coding.encode(plain));
              return text.ended() ? part.concat(wrap(coding.finish())) : part;
            },
            coding::close)
        .filter(ByteString::nonEmpty)
        .completionTimeout(timeMax)
        .buffer(1, OverflowStrategy.backpressure());
  }

  /** Blocks as on the wire, each after its length: 4 bytes, big-endian. */
  Source<ByteString, NotUsed> blocks(
      Held held, KeyFilter filter, PullLimits limits, LongConsumer sent) {
    var place =
        new Object() {
          Cursor cursor = Cursor.NOTHING;
        };
    return parts(
            held,
            () -> {
              if (place.cursor instanceof Cursor.At) {
                return null;
              }
              Batch batch = held.snapshot().pull(place.cursor, filter, limits);
              place.cursor = batch.to();
              return batch;
            },
            () -> {})
        .mapAsync(
            ENCODED_MAX,
            batch ->
                CompletableFuture.supplyAsync(
                    () -> {
                      sent.accept(
                          batch.records().stream().filter(Header.class::isInstance).count());
                      return block(batch);
                    },
                    blocking))
        .completionTimeout(timeMax);
  }

  private ByteString block(Batch batch) {
    byte[] plain = BatchCodec.encode(batch, System.currentTimeMillis());
    byte[] block = Blocks.encode(plain, compressionLevel, null);
    byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(block.length).array();
    return wrap(length).concat(wrap(block));
  }

  private <T> Source<T, NotUsed> parts(Held held, Supplier<T> next, Runnable alsoClosed) {
    return Source.<T, Held>unfoldResourceAsync(
        () -> CompletableFuture.completedFuture(held),
        resource ->
            CompletableFuture.supplyAsync(
                () -> {
                  synchronized (resource) {
                    return Optional.ofNullable(next.get());
                  }
                },
                blocking),
        resource -> close(resource, alsoClosed));
  }

  // Not on the stream's thread: a read may be under way, and closing waits for it.
  private CompletionStage<Done> close(Held held, Runnable also) {
    return CompletableFuture.supplyAsync(
        () -> {
          synchronized (held) {
            try (held) {
              also.run();
            }
          }
          return Done.getInstance();
        },
        blocking);
  }

  private static ByteString wrap(byte[] bytes) {
    return ByteString.fromArrayUnsafe(bytes);
  }
}
