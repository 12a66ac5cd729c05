package io.replicator.streams;

import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;

/**
 * One database's part in one lane of a session: records in order, with a cursor of its own.
 *
 * @param id small number that names the feed within its session
 */
public record Feed(int id, FeedKey key, QosLevel level, KeyFilter filter) {
  public String database() {
    return key.database();
  }
}
