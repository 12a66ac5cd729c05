/** The client as a service, what it shows while it works, and its simplest sink. */
package io.replicator.app.client;
