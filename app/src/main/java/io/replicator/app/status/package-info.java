/** What a hub says of itself, laid out for people. */
package io.replicator.app.status;
