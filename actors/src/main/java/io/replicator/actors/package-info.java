/**
 * Hub and client as actors: who starts, supervises, restarts and stops what moves data. Actors own
 * lifecycles; records flow through streams, never through mailboxes.
 */
package io.replicator.actors;
