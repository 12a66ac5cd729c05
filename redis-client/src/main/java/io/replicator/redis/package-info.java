/**
 * Redis as a source and as a target: {@code capture} attaches to a server as a replica, {@code
 * apply} keeps a copy in another one, {@code verify} compares two, {@code embedded} runs a server
 * for demonstrations and tests.
 */
package io.replicator.redis;
