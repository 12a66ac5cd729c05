/**
 * The data path: from pull to link on the hub, from link to apply on the client, and the seams that
 * sources ({@link io.replicator.streams.Capture}) and sinks ({@link
 * io.replicator.streams.BatchSink}) implement. Stages and graphs live here; who starts, restarts
 * and stops them lives in actors.
 */
package io.replicator.streams;
