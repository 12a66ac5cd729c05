package io.replicator.benchmarks;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.Done;

/** A sink that counts what it gets and forgets it: the least that a target can cost. */
final class CountingSink implements BatchSink {
  private final LongAdder keys = new LongAdder();
  private final LongAdder valueBytes = new LongAdder();

  /** What has come. */
  Count count() {
    return new Count(keys.sum(), valueBytes.sum());
  }

  /** Keys, and the bytes of their values: two ways of loading the same come to the same. */
  record Count(long keys, long valueBytes) {}

  void add(Batch batch) {
    for (VersionedRecord record : batch.records()) {
      if (record instanceof VersionedRecord.Header header) {
        keys.increment();
        valueBytes.add(header.value().length());
      }
    }
  }

  @Override
  public CompletionStage<Done> connect() {
    return done(Done.getInstance());
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    return done(Map.of());
  }

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds) {
    return done(Done.getInstance());
  }

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    long records = 0;
    for (Batch batch : batches) {
      add(batch);
      records += batch.records().size();
    }
    return done(new Applied(records, Map.of()));
  }

  @Override
  public CompletionStage<Done> close() {
    return done(Done.getInstance());
  }

  @Override
  public String describe() {
    return "a count";
  }

  private static <T> CompletionStage<T> done(T value) {
    return CompletableFuture.completedFuture(value);
  }
}
