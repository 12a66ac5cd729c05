package io.replicator.cassandra.verify;

import io.replicator.cassandra.connection.CassandraLink;
import io.replicator.cassandra.connection.RequestGroup;
import io.replicator.cassandra.schema.Table;
import io.replicator.cassandra.settings.CassandraTarget;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.streams.verify.KeyImage;
import io.replicator.streams.verify.KeyspaceView;
import io.replicator.streams.verify.Listing;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

/**
 * One database of a target. It is listed from the tables of data themselves ({@link
 * CassandraListing}), so that rows which the directory does not know of are found too; expiries
 * come from the directory. Every read is at the target's consistency. Used as {@link KeyspaceView}
 * says.
 */
public final class CassandraView implements KeyspaceView {
  /** Keys that are read at once, each with its own queries. */
  private static final int READ_AT_ONCE = 64;

  private final CassandraLink link;
  private final ScheduledExecutorService timer;
  private final int database;
  private final ViewStatements statements;
  private final DirectoryReader directory;
  private final LargeValues values;

  private CassandraView(
      CassandraLink link, ViewStatements statements, ScheduledExecutorService timer) {
    this.link = link;
    this.timer = timer;
    this.database = Math.max(0, link.target().database());
    this.statements = statements;
    this.directory = new DirectoryReader(link, statements, database);
    this.values = new LargeValues(link, statements, database);
  }

  /**
   * Connects to the database that the target names, or 0. Fails with what is missing where it is
   * not there.
   */
  public static CompletionStage<KeyspaceView> open(CassandraTarget target) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "replicator-cassandra-view");
              thread.setDaemon(true);
              return thread;
            });
    return CassandraLink.connect(target, timer)
        .thenCompose(
            link ->
                new TargetCheck(link)
                    .check()
                    .thenCompose(checked -> ViewStatements.prepare(link))
                    .handle(
                        (statements, failure) -> {
                          if (failure == null) {
                            return CompletableFuture.<KeyspaceView>completedFuture(
                                new CassandraView(link, statements, timer));
                          }
                          return link.close()
                              .<KeyspaceView>thenCompose(
                                  closed -> CompletableFuture.failedFuture(failure))
                              .toCompletableFuture();
                        })
                    .thenCompose(Function.identity()))
        .whenComplete(
            (view, failure) -> {
              if (failure != null) {
                timer.shutdownNow();
              }
            });
  }

  @Override
  public String describe() {
    return link.target() + "?database=" + database;
  }

  /** Unknown: counting would read everything. */
  @Override
  public CompletionStage<Long> size() {
    return CompletableFuture.completedFuture(-1L);
  }

  @Override
  public boolean listsImages() {
    return true;
  }

  @Override
  public Listing list() {
    return new CassandraListing(link, statements, directory, values, database, this::read);
  }

  @Override
  public CompletionStage<List<Bytes>> missing(List<Bytes> keys) {
    return directory
        .entries(keys)
        .thenApply(
            entries ->
                keys.stream()
                    .filter(key -> live(entries, key, System.currentTimeMillis()).isEmpty())
                    .toList());
  }

  /** Entries of a key that has not expired. */
  private static List<DirectoryEntry> live(
      Map<Bytes, List<DirectoryEntry>> entries, Bytes key, long nowMs) {
    return entries.getOrDefault(key, List.of()).stream()
        .filter(entry -> entry.isLive(nowMs))
        .toList();
  }

  // ---- Reading by key

  @Override
  public CompletionStage<List<KeyImage>> read(List<Bytes> keys) {
    KeyImage[] images = new KeyImage[keys.size()];
    return directory
        .entries(keys)
        .thenCompose(
            entries -> {
              CompletionStage<?> read = CompletableFuture.completedFuture(null);
              for (int from = 0; from < images.length; from += READ_AT_ONCE) {
                int begin = from;
                int end = Math.min(from + READ_AT_ONCE, images.length);
                read = read.thenCompose(done -> read(keys, entries, images, begin, end));
              }
              return read;
            })
        .thenApply(done -> Arrays.asList(images));
  }

  private CompletionStage<?> read(
      List<Bytes> keys,
      Map<Bytes, List<DirectoryEntry>> entries,
      KeyImage[] images,
      int begin,
      int end) {
    RequestGroup group = link.group();
    for (int i = begin; i < end; i++) {
      int index = i;
      List<DirectoryEntry> live = live(entries, keys.get(i), System.currentTimeMillis());
      if (live.size() == 1) {
        group.include(
            values
                .rows(group, live.get(0).table(), keys.get(i))
                .thenAccept(rows -> images[index] = image(live.get(0), rows)));
      } else if (!live.isEmpty()) {
        images[i] = severalTypes(live);
      }
    }
    return CassandraLink.explained(link.target(), group.done());
  }

  private static KeyImage image(DirectoryEntry entry, KeyRows rows) {
    long nowMs = System.currentTimeMillis();
    if (!rows.isEmpty()) {
      return entry.isLive(nowMs) ? rows.image(entry, nowMs) : null;
    }
    return entry.isEnding(nowMs)
        ? null
        : flawed(
            entry,
            "the directory says "
                + entry.table().directoryName()
                + ", and table "
                + entry.table().tableName()
                + " has no row of it");
  }

  private static KeyImage severalTypes(List<DirectoryEntry> live) {
    Set<String> types = new TreeSet<>();
    live.forEach(entry -> types.add(entry.table().directoryName()));
    return flawed(live.get(0), "the directory says that it is of several types at once: " + types);
  }

  /** An image that has nothing but a flaw. */
  static KeyImage flawed(DirectoryEntry entry, String flaw) {
    return new KeyImage(entry.table().type(), 0, entry.expiresAtMs(), null, flaw);
  }

  // ---- Large values

  @Override
  public CompletionStage<Page> elements(Bytes key, DataType type, String position) {
    return table(key, type).thenCompose(table -> values.elements(key, table, position));
  }

  @Override
  public CompletionStage<List<Bytes>> lookup(Bytes key, DataType type, List<Bytes> fields) {
    return table(key, type).thenCompose(table -> values.lookup(key, table, fields));
  }

  /** The table that the key is in, the usual one where it is in none. */
  private CompletionStage<Table> table(Bytes key, DataType type) {
    return directory
        .entries(List.of(key))
        .thenApply(
            entries ->
                entries.getOrDefault(key, List.of()).stream()
                    .map(DirectoryEntry::table)
                    .filter(table -> table.type() == type)
                    .findFirst()
                    .orElse(Table.of(type, false)));
  }

  @Override
  public void close() {
    link.close().toCompletableFuture().join();
    timer.shutdownNow();
  }
}
