/** The hub as a service: everything it needs, started and stopped in order. */
package io.replicator.app.hub;
