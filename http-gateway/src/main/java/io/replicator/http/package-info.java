/** A hub over HTTP: the server, and which request goes where. */
package io.replicator.http;
