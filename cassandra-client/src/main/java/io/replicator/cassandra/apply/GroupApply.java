package io.replicator.cassandra.apply;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import io.replicator.cassandra.apply.KeyChange.FieldChange;
import io.replicator.cassandra.connection.CassandraFailedException;
import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.schema.Lifetime;
import io.replicator.cassandra.schema.Names;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Makes requests out of one group of batches of one feed, and sends them: all but its cursor.
 * Before, it asks the directory for keys of which it has to know more than is known. A change of a
 * field of a known key is one request. Used once.
 */
final class GroupApply {
  /** What a statement sends besides names and values, about. */
  private static final int STATEMENT_BYTES = 64;

  private final CassandraLink link;
  private final CassandraTarget target;
  private final Statements statements;
  private final FeedTarget feed;
  private final KnownKeys known;
  private final SinkTally tally;
  private final LongSupplier clockMs;
  private final Executor planner;
  private final CompletionStage<?> earlier;

  private final Map<Bytes, KeyChange> changes = new LinkedHashMap<>();
  private final Map<String, Long> refused = new HashMap<>();
  private final GroupRequests requests;
  private long records;
  private boolean load;

  /** Entries with a smaller timestamp are left to the sweep; 0 where none is to come. */
  private long sweepBelow;

  /**
   * Where a feed goes.
   *
   * @param salt of the feed in {@link KnownKeys}
   * @param fresh whether nothing was there when the load under way began, in this session
   */
  record FeedTarget(int database, Timeline timeline, long salt, boolean fresh) {}

  /**
   * @param earlier ends when the groups before this one are written
   */
  GroupApply(
      TargetTables tables,
      FeedTarget feed,
      FeedCopy.Surroundings surroundings,
      CompletionStage<?> earlier) {
    this.link = tables.link();
    this.target = link.target();
    this.statements = tables.statements();
    this.feed = feed;
    this.known = surroundings.known();
    this.tally = surroundings.tally();
    this.clockMs = surroundings.clockMs();
    this.planner = surroundings.planner();
    this.earlier = earlier;
    this.requests = new GroupRequests(link);
  }

  /** Records that were passed over because the target cannot hold them, by kind. */
  Map<String, Long> refused() {
    return refused;
  }

  /** Records applied. */
  long records() {
    long refusedCount = 0;
    for (long count : refused.values()) {
      refusedCount += count;
    }
    return records - refusedCount;
  }

  /** Batches of a load. */
  CompletionStage<GroupRequests.Sent> load(List<Batch> batches, FeedState before) {
    load = true;
    for (Batch batch : batches) {
      long version = version(batch.to());
      for (VersionedRecord record : batch.records()) {
        KeyChange change = change(record);
        if (change != null) {
          change.addLoaded(record, version);
        }
      }
    }
    return apply(before);
  }

  /** Batches of a delta. */
  CompletionStage<GroupRequests.Sent> delta(List<Batch> batches, FeedState before) {
    for (Batch batch : batches) {
      long end = version(batch.to());
      for (VersionedRecord record : batch.records()) {
        KeyChange change = change(record);
        if (change != null) {
          change.add(record, end);
        }
      }
    }
    return apply(before);
  }

  static long version(Cursor cursor) {
    return cursor instanceof Cursor.At at ? at.version() : ((Cursor.Loading) cursor).version();
  }

  /** Null for a key that cannot be held. */
  private KeyChange change(VersionedRecord record) {
    records++;
    KeyChange change = changes.get(record.key());
    if (change == null) {
      if (!Names.fits(record.key())) {
        refuse("KEY_TOO_LONG");
        return null;
      }
      change = new KeyChange(record.key());
      changes.put(record.key(), change);
    }
    return change;
  }

  private void refuse(String kind) {
    refused.merge(kind, 1L, Long::sum);
  }

  private CompletionStage<GroupRequests.Sent> apply(FeedState before) {
    sweepBelow = before.sweepBelow();
    List<Bytes> asked = new ArrayList<>();
    for (KeyChange change : changes.values()) {
      long state = known.get(feed.salt(), change.key());
      if (mustAsk(change, state)) {
        asked.add(change.key());
        change.located();
        if (state != KnownKeys.UNKNOWN) {
          change.remember(KnownKeys.expiresAtMs(state));
        }
      } else if (state != KnownKeys.UNKNOWN) {
        change.located();
        change.wasIn(KnownKeys.tables(state), KnownKeys.expiresAtMs(state));
      }
    }
    if (asked.isEmpty()) {
      plan();
      return CompletableFuture.completedFuture(requests.send(earlier));
    }
    tally.lookedUp(asked.size());
    // What earlier groups still do to the directory would be missing from the answer.
    return earlier
        .thenCompose(
            done -> new Directory(link, statements, feed.database()).lookUp(asked, this::found))
        .thenApplyAsync(
            done -> {
              plan();
              return requests.send(earlier);
            },
            planner);
  }

  /**
   * Where an earlier attempt has written another expiry at the same timestamp, the earlier end wins
   * there, and the directory's is that of the rows; what was remembered may not be.
   */
  private boolean mustAsk(KeyChange change, long state) {
    if (change.state() == KeyChange.State.CHANGED && change.hasNewExpiry()) {
      return true;
    }
    boolean needed =
        !load
            || change.state() == KeyChange.State.CHANGED
            || (change.type().isCollection() && !feed.fresh());
    return needed && state == KnownKeys.UNKNOWN;
  }

  private void found(Directory.Entry entry) {
    if (entry.timestamp() < sweepBelow) {
      return;
    }
    KeyChange change = changes.get(entry.key());
    change.wasIn(entry.table(), entry.expiresAtMs());
    if (change.state() == KeyChange.State.REPLACED
        && change.type() == entry.table().type()
        && entry.timestamp() >= timestamp(change.clearedVersion())) {
      change.begunIn(entry.table());
    }
  }

  // ---- Planning

  private void plan() {
    for (KeyChange change : changes.values()) {
      switch (change.state()) {
        case CHANGED -> planChanged(change);
        case REPLACED -> planReplaced(change);
        case DELETED -> planDeleted(change, timestamp(change.clearedVersion()));
      }
    }
  }

  private void planDeleted(KeyChange change, long timestamp) {
    for (Table table : Table.values()) {
      if (change.wasIn(table)) {
        deleteKey(table, change.key(), timestamp);
        withdraw(table, change.key(), timestamp);
      }
    }
    if (change.isLocated()) {
      known.put(feed.salt(), change.key(), KnownKeys.state(0, 0));
    }
  }

  private void planReplaced(KeyChange change) {
    Bytes key = change.key();
    long beforeIt = timestamp(change.clearedVersion()) - 1;
    Table table = change.table(isLarge(key));
    long expiresAtMs = change.expiresAtMs();
    boolean tooLarge =
        change.value() != null && change.value().value().length() > target.valueBytesMax();
    if (tooLarge) {
      refuse("VALUE_OVER_LIMIT");
    }
    long nowMs = clockMs.getAsLong();
    boolean over = Lifetime.ttlSeconds(expiresAtMs, grace(table), nowMs) == Lifetime.OVER;
    if (tooLarge || over) {
      // An earlier attempt may have written it, with as late a version as this.
      planDeleted(change, timestamp(change.headerVersion()));
      return;
    }
    for (Table other : Table.values()) {
      if (change.wasIn(other) && other != table) {
        deleteKey(other, key, beforeIt);
        withdraw(other, key, beforeIt);
      }
    }
    // Not so where somebody may still be taking the entry out, or wrote it with an expiry that
    // wins: it has another type beside it, or is a collection's.
    boolean announced =
        !table.type().isCollection()
            && change.wasOnlyIn(table)
            && change.expiredAtMs() == 0
            && expiresAtMs == 0;
    if (!announced) {
      announce(table, change, expiresAtMs, nowMs);
    }
    if (table.type().isCollection()) {
      var partition = new PartitionBatch();
      boolean rowsBefore = change.wasIn(table) || sweepBelow != 0;
      if (rowsBefore && table.isLarge()) {
        deleteKey(table, key, beforeIt);
      } else if (rowsBefore) {
        tally.deletedKeys(1);
        for (BoundStatement delete : statements.deleteKey(table, feed.database(), key, beforeIt)) {
          partition.add(delete, size(key));
        }
      }
      fields(table, change, expiresAtMs, nowMs, !announced, partition);
    } else {
      Header value = change.value();
      requests.write(
          announced ? GroupRequests.NO_BUCKET : Statements.directoryBucket(key),
          statements.value(
              table,
              feed.database(),
              key,
              value.value(),
              timestamp(change.headerVersion()),
              Lifetime.ttlSeconds(expiresAtMs, 0, nowMs)));
      tally.rows(1);
    }
    known.put(feed.salt(), key, KnownKeys.state(table.bit(), expiresAtMs));
  }

  private void planChanged(KeyChange change) {
    Bytes key = change.key();
    long nowMs = clockMs.getAsLong();
    Table table = change.collection();
    long expiredAtMs = change.expiredAtMs();
    boolean newExpiry = change.hasNewExpiry();
    if (table == null || Lifetime.mayBeGone(expiredAtMs, nowMs)) {
      boolean livesOn = newExpiry && (change.expiresAtMs() == 0 || change.expiresAtMs() > nowMs);
      if (livesOn && !load) {
        throw new LostKeyException(key, target);
      }
      // It has expired here. What comes next is its deletion.
      tally.lapsed(change.fields().size());
      return;
    }
    long expiresAtMs = newExpiry ? change.expiresAtMs() : expiredAtMs;
    if (newExpiry) {
      if (Lifetime.ttlSeconds(expiresAtMs, grace(table), nowMs) == Lifetime.OVER) {
        tally.lapsed(change.fields().size());
        return;
      }
      changeExpiry(table, change, nowMs);
    }
    fields(table, change, expiresAtMs, nowMs, newExpiry, new PartitionBatch());
    known.put(feed.salt(), key, KnownKeys.state(change.tables(), expiresAtMs));
  }

  /**
   * While some rows have the expiry of before and some the new one, the entry tells the earlier,
   * and lives as long as the later: whoever goes on from there neither misses rows nor takes them
   * for given.
   */
  private void changeExpiry(Table table, KeyChange change, long nowMs) {
    long after = change.expiresAtMs();
    long timestamp = timestamp(change.headerVersion());
    int bucket = Statements.directoryBucket(change.key());
    requests.announce(
        bucket,
        entry(table, change, change.earliestEndMs(), change.latestEndMs(), timestamp - 1, nowMs),
        size(change.key()));
    requests.revive(
        new Revival(
            link,
            statements,
            tally,
            clockMs,
            new Revival.Collection(
                table, feed.database(), change.key(), change.expiredAtMs(), after, timestamp)));
    requests.conclude(
        bucket, entry(table, change, after, after, timestamp, nowMs), size(change.key()));
  }

  /**
   * @param partition statements of the key's partition that come first; none for a large one
   */
  private void fields(
      Table table,
      KeyChange change,
      long expiresAtMs,
      long nowMs,
      boolean announced,
      PartitionBatch partition) {
    Bytes key = change.key();
    int ttlSeconds =
        Math.max(0, Lifetime.ttlSeconds(expiresAtMs, Lifetime.COLLECTION_GRACE_MS, nowMs));
    int bucket = announced ? Statements.directoryBucket(key) : GroupRequests.NO_BUCKET;
    int puts = 0;
    int deletes = 0;
    for (FieldChange field : change.fields()) {
      long timestamp = timestamp(change.version(field));
      Bytes name = field.name();
      if (table.type() != DataType.STREAM && !Names.fits(name)) {
        refuse("FIELD_TOO_LONG");
        continue;
      }
      BoundStatement statement;
      int size = size(key) + name.length();
      if (field.record() instanceof Field put && put.value().length() <= target.valueBytesMax()) {
        statement =
            statements.field(table, feed.database(), key, name, put.value(), timestamp, ttlSeconds);
        size += put.value().length();
        puts++;
      } else {
        if (field.record() instanceof Field) {
          refuse("VALUE_OVER_LIMIT");
        }
        statement = statements.deleteField(table, feed.database(), key, name, timestamp);
        deletes++;
      }
      if (table.isLarge()) {
        requests.write(bucket, statement);
      } else {
        partition.add(statement, size);
      }
    }
    tally.rows(puts);
    tally.deletedFields(feed.database(), key, deletes);
    partition.requests().forEach(request -> requests.write(bucket, request));
  }

  private static int size(Bytes key) {
    return key.length() + STATEMENT_BYTES;
  }

  private boolean isLarge(Bytes key) {
    return target.large().stream().anyMatch(glob -> glob.matches(key));
  }

  private static long grace(Table table) {
    return table.type().isCollection() ? Lifetime.COLLECTION_GRACE_MS : 0;
  }

  private long timestamp(long version) {
    return feed.timeline().timestamp(version);
  }

  private void announce(Table table, KeyChange change, long expiresAtMs, long nowMs) {
    requests.announce(
        Statements.directoryBucket(change.key()),
        entry(table, change, expiresAtMs, expiresAtMs, timestamp(change.headerVersion()), nowMs),
        size(change.key()));
  }

  /**
   * @param expiresAtMs what it tells
   * @param untilMs how long it is kept, and somewhat longer; 0 for ever
   */
  private BoundStatement entry(
      Table table, KeyChange change, long expiresAtMs, long untilMs, long timestamp, long nowMs) {
    tally.entries(1);
    return statements.directoryInsert(
        feed.database(),
        change.key(),
        table,
        expiresAtMs,
        change.headerVersion(),
        timestamp,
        Math.max(0, Lifetime.ttlSeconds(untilMs, Lifetime.DIRECTORY_GRACE_MS, nowMs)));
  }

  private void withdraw(Table table, Bytes key, long timestamp) {
    requests.conclude(
        Statements.directoryBucket(key),
        statements.directoryDelete(feed.database(), key, table, timestamp),
        size(key));
  }

  private void deleteKey(Table table, Bytes key, long timestamp) {
    tally.deletedKeys(1);
    for (BoundStatement delete : statements.deleteKey(table, feed.database(), key, timestamp)) {
      requests.write(GroupRequests.NO_BUCKET, delete);
    }
  }

  /** A key expired at the target before its longer life arrived there. */
  static final class LostKeyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LostKeyException(Bytes key, CassandraTarget target) {
      super(
          "key "
              + key
              + " expired at "
              + target
              + " before its longer life arrived there: its database is loaded again, no key is"
              + " missing meanwhile but this");
    }

    CassandraFailedException failed() {
      return new CassandraFailedException(getMessage(), this);
    }
  }
}
