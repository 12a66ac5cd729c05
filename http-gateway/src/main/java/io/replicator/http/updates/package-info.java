/** Live updates over WebSocket: sessions as over TCP, and as JSON. */
package io.replicator.http.updates;
