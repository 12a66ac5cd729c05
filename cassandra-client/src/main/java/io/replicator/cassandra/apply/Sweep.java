package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.replication.KeyFilter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The end of a reset load: whatever the directory lists with a timestamp from before the load was
 * not brought by it, so it goes, by deletions that cannot hit anything newer. Reads the directory,
 * and no row of data, several buckets at a time. May be broken off and begun again at any point.
 */
final class Sweep {
  private final CassandraLink link;
  private final Statements statements;
  private final int database;
  private final KeyFilter filter;
  private final long below;
  private final AtomicLong removed = new AtomicLong();

  /**
   * @param filter of the feed that was loaded
   * @param below timestamp of the load
   */
  Sweep(CassandraLink link, Statements statements, int database, KeyFilter filter, long below) {
    this.link = link;
    this.statements = statements;
    this.database = database;
    this.filter = filter;
    this.below = below;
  }

  /** Returns how many keys were removed. */
  CompletionStage<Long> run() {
    return new Directory(link, statements, database)
        .scan(
            entries ->
                remove(
                    entries.stream()
                        .filter(entry -> entry.timestamp() < below && filter.matches(entry.key()))
                        .toList()))
        .thenApply(done -> removed.get());
  }

  /** First the rows, then the entries that tell of them. */
  private CompletionStage<?> remove(List<Directory.Entry> old) {
    if (old.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    removed.addAndGet(old.size());
    RequestGroup rows = link.group();
    for (Directory.Entry entry : old) {
      for (BoundStatement delete :
          statements.deleteKey(entry.table(), database, entry.key(), below - 1)) {
        rows.send(delete);
      }
    }
    return CassandraLink.explained(link.target(), rows.done())
        .thenCompose(
            done -> {
              RequestGroup entries = link.group();
              old.forEach(
                  entry ->
                      entries.send(
                          statements.directoryDelete(
                              database, entry.key(), entry.table(), below - 1)));
              return CassandraLink.explained(link.target(), entries.done());
            });
  }
}
