/**
 * Compares two keyspaces, streaming, in bounded memory: {@link
 * io.replicator.streams.verify.KeyspaceComparison} of any two {@link
 * io.replicator.streams.verify.KeyspaceView}s.
 */
package io.replicator.streams.verify;
