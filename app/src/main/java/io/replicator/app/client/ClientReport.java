package io.replicator.app.client;

import io.replicator.actors.client.ClientStatus;
import java.util.Map;

/**
 * What a client tells of itself.
 *
 * @param sink meters of the sink, by name; empty for sinks without any
 */
public record ClientReport(ClientStatus client, Map<String, Double> sink) {}
