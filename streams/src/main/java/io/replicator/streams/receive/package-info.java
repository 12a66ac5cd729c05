/**
 * The client's data path: from the link to the sink.
 *
 * <pre>
 *   link ──bytes──▶ ReceiveStage ──whole blocks──▶ ApplyStage ──groups of batches──▶ BatchSink
 *   link ◀──acks─── ReceiveStage ◀──progress────── ApplyStage
 * </pre>
 *
 * {@link io.replicator.streams.receive.ReceiveStage} never stops reading, so that neither
 * heartbeats nor urgent feeds wait behind a slow apply; what bounds memory is the credit that the
 * hub keeps and the stage enforces. {@link io.replicator.streams.receive.ClientSession} composes
 * both.
 */
package io.replicator.streams.receive;
