/**
 * A real redis-server as a child process, for the demonstration and for tests. Not for production.
 */
package io.replicator.redis.embedded;
