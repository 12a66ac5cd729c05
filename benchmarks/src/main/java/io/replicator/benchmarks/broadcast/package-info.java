/** The peer of a hub: Pekko HTTP that sends the same bytes to every WebSocket, and nothing else. */
package io.replicator.benchmarks.broadcast;
