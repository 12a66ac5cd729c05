/** A real Cassandra for tests and benchmarks. */
package io.replicator.testkit.cassandra;
