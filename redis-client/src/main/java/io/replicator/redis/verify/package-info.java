/**
 * Compares two keyspaces, streaming, in bounded memory: {@link
 * io.replicator.redis.verify.RedisComparison} for two Redis databases, {@link
 * io.replicator.redis.verify.KeyspaceView} for whatever else can be read like one.
 */
package io.replicator.redis.verify;
