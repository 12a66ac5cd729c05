/** What the tables are, and how Redis' names and values are written in them. */
package io.replicator.cassandra.schema;
