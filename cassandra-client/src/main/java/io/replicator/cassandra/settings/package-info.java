/** Which keyspace of which cluster, as a user names it. */
package io.replicator.cassandra.settings;
