/**
 * The pure rules of replication: what a record is, what supersedes what, what a cursor means, how
 * far a session has come, which lane goes next and how much may be in flight.
 *
 * <p>Nothing here knows Pekko, a clock, a socket or a disk: time arrives as a parameter, bytes as
 * {@link io.replicator.replication.Bytes}. Everything is immutable unless its class comment says
 * otherwise.
 */
package io.replicator.replication;
