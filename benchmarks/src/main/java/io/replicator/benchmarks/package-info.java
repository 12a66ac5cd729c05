/**
 * What Replicator reaches beside native Redis replication: the same data, the same machine, the
 * same run. Started by {@code benchmarks/run}, never deployed.
 */
package io.replicator.benchmarks;
