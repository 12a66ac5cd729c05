/** What a Redis database holds, for comparing it with another place. */
package io.replicator.redis.verify;
