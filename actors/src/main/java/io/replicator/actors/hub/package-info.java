/**
 * The hub's actors: a guardian that binds and owns, a capture under backoff supervision, a
 * supervisor of sessions and one actor for each. {@link io.replicator.actors.hub.Hub} is the way
 * in.
 */
package io.replicator.actors.hub;
