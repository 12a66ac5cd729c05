package io.replicator.streams;

/**
 * What a stored cursor belongs to: a database of the hub, and the keys of it that a feed carries.
 *
 * @param fingerprint of the key filter, made by the hub, opaque to clients
 */
public record FeedKey(String database, String fingerprint) {}
