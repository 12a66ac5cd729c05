/** Comparing two places, for the command and the demonstration. */
package io.replicator.app.verify;
