/**
 * The wire: frames, limits, compression and checksums around the messages of {@code
 * replicator.proto}. Knows nothing of records, stores or streams.
 */
package io.replicator.protocol;
