/** Measured programs in JVMs of their own: started, asked and ended by the benchmark. */
package io.replicator.benchmarks.child;
