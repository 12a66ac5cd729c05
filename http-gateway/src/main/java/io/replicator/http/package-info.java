/** What a hub says over HTTP: its status, its health and its meters. */
package io.replicator.http;
