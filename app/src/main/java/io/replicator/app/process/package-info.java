/** What concerns the process of a command: how it fails, how it ends, what it logs. */
package io.replicator.app.process;
