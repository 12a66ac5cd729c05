/**
 * Thousands of clients of one server on one thread: they read, count and acknowledge, and some of
 * them look at what they get. Lean, so that the server is what is measured.
 */
package io.replicator.benchmarks.crowd;
