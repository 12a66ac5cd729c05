/** What a target holds, for comparing it with another place. */
package io.replicator.cassandra.verify;
