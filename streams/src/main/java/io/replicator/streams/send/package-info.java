/**
 * The hub's half of the data path: pull, encode, compress, share, chunk, choose a lane, bound what
 * is in flight. {@link io.replicator.streams.send.SessionStage} is one session; {@link
 * io.replicator.streams.send.SharedBlocks} is what all sessions of a hub have in common.
 */
package io.replicator.streams.send;
