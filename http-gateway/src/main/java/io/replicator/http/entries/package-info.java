/** The contents of databases over HTTP: loads, single keys, writes, and what changed. */
package io.replicator.http.entries;
