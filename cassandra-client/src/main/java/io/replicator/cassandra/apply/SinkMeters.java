package io.replicator.cassandra.apply;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** The meters of a sink, computed when they are read. */
final class SinkMeters {
  private final CassandraSink sink;
  private final MeterRegistry registry;

  private SinkMeters(CassandraSink sink, MeterRegistry registry) {
    this.sink = sink;
    this.registry = registry;
  }

  static void bind(CassandraSink sink, MeterRegistry registry) {
    new SinkMeters(sink, registry).bind();
  }

  private void bind() {
    count("rows", "Rows of data written", s -> s.tally().rows());
    count("entries", "Entries of the directory written", s -> s.tally().entries());
    count("tombstones.keys", "Keys deleted or replaced", s -> s.tally().deletedKeys());
    count("tombstones.fields", "Fields deleted", s -> s.tally().deletedFields());
    count("revived", "Rows written again for another expiry", s -> s.tally().revived());
    count("lapsed", "Changes of collections that had expired", s -> s.tally().lapsed());
    count("looked.up", "Keys that the directory was asked for", s -> s.tally().lookedUp());
    count("swept", "Keys removed after reset loads", s -> s.tally().swept());
    count("sent.again", "Requests that were not answered in time", s -> s.linkTally().sentAgain());
    count("failed", "Requests that failed for good", s -> s.linkTally().failed());
    FunctionTimer.builder(
            "replicator.cassandra.requests",
            sink,
            s -> s.linkTally().answered(),
            s -> (double) s.linkTally().latencyNs(),
            TimeUnit.NANOSECONDS)
        .description("Requests answered, and how long they took")
        .register(registry);
    gauge("in.flight", "Requests under way", s -> s.linkTally().inFlight());
    gauge("queued", "Requests that wait for room", s -> s.linkTally().queued());
    gauge("limit", "Requests that may be under way", s -> s.linkTally().limit());
    gauge("nodes", "Nodes that are connected", CassandraSink::nodesUp);
    gauge("queues", "Collections that are used like queues", s -> s.tally().queues());
    gauge("other.clients", "Clients that write to the same place", CassandraSink::otherClients);
  }

  private void count(String name, String description, ToDoubleFunction<CassandraSink> value) {
    FunctionCounter.builder("replicator.cassandra." + name, sink, value)
        .description(description)
        .register(registry);
  }

  private void gauge(String name, String description, ToDoubleFunction<CassandraSink> value) {
    Gauge.builder("replicator.cassandra." + name, sink, value)
        .description(description)
        .register(registry);
  }
}
