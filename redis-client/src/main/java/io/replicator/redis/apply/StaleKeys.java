package io.replicator.redis.apply;

import io.replicator.redis.connection.RedisFailedException;
import io.replicator.redis.connection.RedisLink;
import io.replicator.redis.connection.Request;
import io.replicator.redis.connection.Verb;
import io.replicator.replication.Bytes;
import io.replicator.replication.KeyFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Mark and sweep of a reset load: which keys the copy held before it, less those that it has
 * brought. The set lives in the target, so that memory here stays small and a crash forgets
 * nothing.
 *
 * <pre>
 *   collect ──▶ stale = keys of the copy that match the filter
 *   each batch of the load takes its keys out, in its own transaction
 *   sweep   ──▶ what is left goes, 500 at a time, key and mark together
 * </pre>
 */
final class StaleKeys {
  private static final int SCAN_COUNT = 1000;
  private static final int SWEEP_COUNT = 500;

  private final RedisLink link;
  private final Bytes stale;

  StaleKeys(RedisLink link, TargetKeys keys) {
    this.link = link;
    this.stale = keys.stale();
  }

  /**
   * Begins anew: marks every key that matches, except the product's own.
   *
   * @return how many there are, some perhaps counted twice
   */
  CompletionStage<Long> collect(KeyFilter filter) {
    return link.send(List.of(Request.of(Verb.UNLINK, stale), scan("0")))
        .thenCompose(sent -> marked(sent.get(0), sent.get(1), filter, 0));
  }

  private CompletionStage<Long> marked(
      Request mark, Request scan, KeyFilter filter, long markedBefore) {
    if (mark.error() != null) {
      throw new RedisFailedException(Transaction.explain(link, mark, mark.error()));
    }
    String cursor = ((Bytes) scan.list().get(0)).asUtf8();
    Request add = Request.of(Verb.SADD, stale);
    for (Object found : (List<?>) scan.list().get(1)) {
      Bytes key = (Bytes) found;
      if (!key.startsWith(TargetKeys.PREFIX) && filter.matches(key)) {
        add.add(key);
      }
    }
    long marked = markedBefore + add.count() - 1;
    boolean any = add.count() > 1;
    if (cursor.equals("0")) {
      return any
          ? link.send(add).thenApply(done -> positive(done, marked))
          : CompletableFuture.completedFuture(marked);
    }
    if (!any) {
      return link.send(scan(cursor)).thenCompose(next -> marked(mark, next, filter, marked));
    }
    return link.send(List.of(add, scan(cursor)))
        .thenCompose(sent -> marked(sent.get(0), sent.get(1), filter, marked));
  }

  private long positive(Request done, long marked) {
    if (done.error() != null) {
      throw new RedisFailedException(Transaction.explain(link, done, done.error()));
    }
    return marked;
  }

  private static Request scan(String cursor) {
    return Request.of(Verb.SCAN).add(cursor).add("COUNT").add(SCAN_COUNT);
  }

  /**
   * Removes what is marked, then the mark set. May be broken off and begun again at any point.
   *
   * @return how many keys were removed
   */
  CompletionStage<Long> sweep() {
    return sweep(0);
  }

  private CompletionStage<Long> sweep(long removedBefore) {
    return link.send(Request.of(Verb.SRANDMEMBER, stale).add(SWEEP_COUNT))
        .thenCompose(
            reply -> {
              List<Object> members = reply.list();
              if (members.isEmpty()) {
                return CompletableFuture.completedFuture(removedBefore);
              }
              Request unlink = Request.of(Verb.UNLINK);
              Request forget = Request.of(Verb.SREM, stale);
              for (Object member : members) {
                unlink.add((Bytes) member);
                forget.add((Bytes) member);
              }
              List<Request> commands = new ArrayList<>(List.of(unlink, forget));
              return Transaction.run(link, commands)
                  .thenCompose(outcome -> sweep(removedBefore + members.size()));
            });
  }
}
