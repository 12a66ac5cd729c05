/**
 * Capture from Redis: attaches to a server as a replica and turns its snapshot and its command
 * stream into commits of a store.
 *
 * <pre>
 *   socket ─▶ ReplicaLink ─▶ Spool ─▶ ByteReader ─┬─▶ RdbReader ─▶ SnapshotLoader ─┬─▶ CommitWriter
 *             (own thread)  (memory,              └─▶ RespReader ─▶ CommandInterpreter ┘
 *                            then disk)                                │
 *                                              KeyRereader ◀── keys whose content a command does not tell
 * </pre>
 *
 * <p>{@link io.replicator.redis.capture.RedisCapture} is the way in. Everything behind the spool
 * runs on the thread that called its {@code run}.
 */
package io.replicator.redis.capture;
