/**
 * Connections to Redis as {@code apply} and {@code verify} use them: addresses without leaking
 * credentials, pipelines of raw commands whose arguments are slices, replies of any shape.
 */
package io.replicator.redis.connection;
