/**
 * Keeps a copy in a Redis: {@link io.replicator.redis.apply.RedisSink} applies batches together
 * with their cursor in one MULTI/EXEC, so that whatever is killed when, a batch takes effect
 * exactly once. Needs Redis 7.0 or later, or Valkey.
 *
 * <h2>What the product keeps in a target database</h2>
 *
 * <p>All of it begins with {@code replicator:}, is never replicated further nor removed by a reset,
 * and {@code verify} passes over it. DB is the source database, FP the fingerprint of the feed's
 * key filter.
 *
 * <table>
 *   <caption>Keys of the product</caption>
 *   <tr><th>key</th><th>type</th><th>what, and how long</th></tr>
 *   <tr><td>{@code replicator:cursors}</td><td>hash</td><td>field {@code DB/FP}: epoch, version and,
 *       in a load, position and state; always</td></tr>
 *   <tr><td>{@code replicator:stale:DB/FP}</td><td>set</td><td>keys that a reset load has not brought
 *       yet; until the
 * sweep at the first frontier after it</td></tr>
 *   <tr><td>{@code replicator:stage:DB/FP}</td><td>hash, set, zset or stream</td><td>the part so far
 *       of a collection that spans batches of a load; until it is complete</td></tr>
 *   <tr><td>{@code replicator:empty:DB/FP}</td><td>hash</td><td>collections that exist at the hub, but
 *       of which the copy has no field for the moment, and their expiry; until the next
 *       frontier</td></tr>
 * </table>
 *
 * <p>The cursor's text is laid out in {@code FeedProgress}. A value that cannot be read counts as
 * no cursor: the feed is loaded again, as a reset.
 *
 * <h2>Streams</h2>
 *
 * <p>Entries are added with their own ids. Ids of new entries always exceed the last one's, entries
 * never change, and nothing is applied twice, so XADD has no reason to refuse. A stream that XDEL
 * has emptied exists in Redis, but not at a hub, for which no collection is empty; {@code verify}
 * takes it as absent. Consumer groups are not replicated.
 */
package io.replicator.redis.apply;
