package io.replicator.streams.receive;

import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.streams.BatchSink;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.HubIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;

/** A sink whose every apply the test ends by hand. */
final class HeldSink implements BatchSink {
  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
  int appliesMax = 1;
  CompletableFuture<Done> opening = CompletableFuture.completedFuture(Done.getInstance());

  /** An apply under way. */
  record Call(Feed feed, List<Batch> batches, CompletableFuture<Applied> result) {
    void succeed() {
      result.complete(
          new Applied(batches.stream().mapToLong(b -> b.records().size()).sum(), Map.of()));
    }

    void fail(String message) {
      result.completeExceptionally(new IllegalStateException(message));
    }
  }

  /** The next apply that began. */
  Call nextCall() throws InterruptedException {
    Call call = calls.poll(5, TimeUnit.SECONDS);
    if (call == null) {
      throw new AssertionError("no apply within 5 s");
    }
    return call;
  }

  void expectNoCall(Duration within) throws InterruptedException {
    Call call = calls.poll(within.toMillis(), TimeUnit.MILLISECONDS);
    if (call != null) {
      throw new AssertionError("apply of " + call.batches());
    }
  }

  @Override
  public CompletionStage<Done> connect() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  @Override
  public CompletionStage<Map<FeedKey, Cursor>> cursors() {
    return CompletableFuture.completedFuture(Map.of());
  }

  @Override
  public CompletionStage<Done> open(HubIdentity hub, List<Feed> feeds) {
    return opening;
  }

  @Override
  public CompletionStage<Applied> apply(Feed feed, List<Batch> batches) {
    var call = new Call(feed, batches, new CompletableFuture<>());
    calls.add(call);
    return call.result();
  }

  @Override
  public int appliesMax() {
    return appliesMax;
  }

  @Override
  public CompletionStage<Done> close() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  @Override
  public String describe() {
    return "held:";
  }
}
