/**
 * The versioned keyspace on RocksDB: commits go in, pulls come out, tombstones are kept for a
 * while.
 *
 * <p>Calls block on disk. {@link io.replicator.store.CommitWriter} is confined to one thread at a
 * time; everything else may be called from any thread. Nothing here knows Redis, a wire or an
 * actor.
 */
package io.replicator.store;
