/** The {@code replicator} command: its options, its errors, and the wiring of everything else. */
package io.replicator.app;
