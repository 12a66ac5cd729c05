/**
 * Fixtures for tests and benchmarks: a link with the rate, delay and faults of a wide-area one, and
 * a sink in memory that can be slow, fail or hang. Test scope only; nothing here is deployed.
 */
package io.replicator.testkit;
