/** The driver's session, what bounds the requests under way, and failures in words. */
package io.replicator.cassandra.connection;
