/** The client as an actor: connects, owns the session's graph, reconnects, stops. */
package io.replicator.actors.client;
