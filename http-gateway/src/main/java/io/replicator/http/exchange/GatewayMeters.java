package io.replicator.http.exchange;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/** What the gateway counts. Any thread. */
public final class GatewayMeters {
  private final MeterRegistry registry;
  private final Map<String, Counter> requests = new ConcurrentHashMap<>();
  private final Map<String, Counter> rejected = new ConcurrentHashMap<>();
  private final Counter entriesSent;
  private final Counter deltasSent;
  private final AtomicLong parkedPolls = new AtomicLong();
  private final AtomicLong eventStreams = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();

  public GatewayMeters(MeterRegistry registry) {
    this.registry = registry;
    this.entriesSent =
        Counter.builder("replicator.http.entries")
            .description("Entries sent in loads and one by one")
            .register(registry);
    this.deltasSent =
        Counter.builder("replicator.http.deltas")
            .description("Answers and events that told of changes")
            .register(registry);
    gauge("replicator.http.polls.parked", "Requests that wait for changes", parkedPolls);
    gauge("replicator.http.event.streams", "Streams of events that are open", eventStreams);
    gauge("replicator.http.connections", "Connections that are open", connections);
  }

  private void gauge(String name, String description, AtomicLong value) {
    Gauge.builder(name, value, AtomicLong::get)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  /**
   * @param route one of a fixed set: never a path that somebody thought of
   */
  public void answered(String route, int status) {
    requests
        .computeIfAbsent(
            route + ' ' + status,
            key ->
                Counter.builder("replicator.http.requests")
                    .description("Requests answered")
                    .tag("route", route)
                    .tag("status", Integer.toString(status))
                    .register(registry))
        .increment();
  }

  /**
   * @param kind one of a fixed set
   */
  public void rejected(String kind) {
    rejected
        .computeIfAbsent(
            kind,
            key ->
                Counter.builder("replicator.http.rejected")
                    .description("Requests and connections that were turned away")
                    .tag("kind", kind)
                    .register(registry))
        .increment();
  }

  /** Shows how many loads are under way. */
  public void loads(IntSupplier held) {
    Gauge.builder("replicator.http.loads", held, IntSupplier::getAsInt)
        .description("Loads under way, each of which holds a state of a database")
        .strongReference(true)
        .register(registry);
  }

  public void entriesSent(long entries) {
    entriesSent.increment((double) entries);
  }

  public void deltaSent() {
    deltasSent.increment();
  }

  public AtomicLong parkedPolls() {
    return parkedPolls;
  }

  public AtomicLong eventStreams() {
    return eventStreams;
  }

  public AtomicLong connections() {
    return connections;
  }
}
