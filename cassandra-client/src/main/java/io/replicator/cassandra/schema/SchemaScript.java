package io.replicator.cassandra.schema;

import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.settings.CassandraTarget;

/** What a target needs, as text for cqlsh. */
public final class SchemaScript {
  private SchemaScript() {}

  public static String of(CassandraTarget target) {
    String script =
        new Schema(CassandraLink.cqlName(target.keyspace())).script(target.replicationOrDefault());
    return target.replication().isEmpty()
        ? "-- For a single node; ?replication=DC:3 in the URI says otherwise.\n" + script
        : script;
  }
}
