/**
 * Applies batches to Cassandra: {@link io.replicator.cassandra.apply.CassandraSink}.
 *
 * <pre>
 *   CassandraSink ── what a feed's cursor, timeline and sweep are
 *     GroupApply  ── one group: KeyChange per key, then rows and entries of the directory
 *     Sweep       ── the end of a reset load
 *   Timeline, EpochRegistry ── timestamps out of versions, for every epoch above the one before
 *   Directory, KnownKeys    ── in which table a key is: stored, and what is remembered of it
 * </pre>
 */
package io.replicator.cassandra.apply;
