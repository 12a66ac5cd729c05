package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The requests of one group, and the order that they keep.
 *
 * <pre>
 *   announce   entries of keys that are new in a table: before any of their rows, so that whoever
 *              goes on from here, if this client is killed, knows where rows of theirs may be
 *   write      rows and deletions, in any order, each partition's in few unlogged batches
 *   revive     rows of collections whose expiry changed, read and written again
 *   conclude   entries of keys that are gone from a table, and new expiries: after their rows
 * </pre>
 *
 * Steps with nothing to do cost nothing. Filled by one thread, and sent once.
 */
final class GroupRequests {
  /** Of writes that wait for no entry. */
  static final int NO_BUCKET = -1;

  private final CassandraLink link;

  // By bucket of the directory.
  private final Map<Integer, PartitionBatch> announcements = new HashMap<>();
  private final Map<Integer, List<Statement<?>>> writes = new HashMap<>();
  private final Map<Integer, PartitionBatch> conclusions = new HashMap<>();

  private final List<Revival> revivals = new ArrayList<>();

  /**
   * A group on its way.
   *
   * @param announced the directory has all entries that come before rows
   * @param written all of it is there
   */
  record Sent(CompletionStage<Void> announced, CompletionStage<Void> written) {}

  GroupRequests(CassandraLink link) {
    this.link = link;
  }

  /**
   * @param size as of {@link PartitionBatch#add}
   */
  void announce(int bucket, BoundStatement entry, int size) {
    announcements.computeIfAbsent(bucket, number -> new PartitionBatch()).add(entry, size);
  }

  /**
   * @param bucket of the directory whose announcements must be there before, or {@link #NO_BUCKET}
   */
  void write(int bucket, Statement<?> request) {
    writes.computeIfAbsent(bucket, number -> new ArrayList<>()).add(request);
  }

  /** Runs when all writes are there, those of earlier groups too. */
  void revive(Revival revival) {
    revivals.add(revival);
  }

  /**
   * @param size as of {@link PartitionBatch#add}
   */
  void conclude(int bucket, BoundStatement entry, int size) {
    conclusions.computeIfAbsent(bucket, number -> new PartitionBatch()).add(entry, size);
  }

  /**
   * @param earlier ends when the groups before this one are written
   */
  Sent send(CompletionStage<?> earlier) {
    RequestGroup entries = link.group();
    RequestGroup rows = link.group();
    announcements.forEach(
        (bucket, batch) -> {
          CompletionStage<?> announced = batch.send(entries);
          List<Statement<?>> behind = writes.remove(bucket);
          if (behind != null) {
            rows.include(announced.thenAccept(done -> behind.forEach(rows::send)));
          }
        });
    writes.values().forEach(others -> others.forEach(rows::send));
    writes.clear();
    announcements.clear();
    CompletionStage<Void> announced = explained(entries);
    CompletionStage<Void> written = announced.thenCombine(explained(rows), (a, b) -> null);
    if (!revivals.isEmpty()) {
      // What is still under way of earlier groups would not be read.
      written = written.thenCombine(earlier, (a, b) -> null).thenCompose(done -> revive());
    }
    return new Sent(announced, conclusions.isEmpty() ? written : concluded(written));
  }

  private CompletionStage<Void> revive() {
    CompletableFuture<?>[] all = new CompletableFuture<?>[revivals.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = revivals.get(i).run().toCompletableFuture();
    }
    return CompletableFuture.allOf(all);
  }

  private CompletionStage<Void> concluded(CompletionStage<Void> written) {
    return written.thenCompose(
        done -> {
          RequestGroup last = link.group();
          conclusions.values().forEach(batch -> batch.send(last));
          return explained(last);
        });
  }

  private CompletionStage<Void> explained(RequestGroup group) {
    return CassandraLink.explained(link.target(), group.done());
  }
}
