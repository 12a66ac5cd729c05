package io.replicator.cassandra.apply;

import io.replicator.cassandra.connection.CassandraLink;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * The tables that are there now, and what is prepared for them.
 *
 * @param identity another one where one of them was dropped and made again
 */
record TargetTables(
    CassandraLink link,
    String identity,
    Statements statements,
    CursorTable cursors,
    EpochRegistry epochs) {

  static CompletionStage<TargetTables> prepare(
      CassandraLink link, String identity, LongSupplier clockMs) {
    return Statements.prepare(link)
        .thenCombine(
            CursorTable.prepare(link, identity),
            (statements, cursors) ->
                new TargetTables(
                    link, identity, statements, cursors, new EpochRegistry(link, clockMs)));
  }
}
