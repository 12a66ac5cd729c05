package io.replicator.actors.hub;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/**
 * Everything that a hub's status shows, as meters: one gauge for each number, with a row for each
 * source, database, session or lane. Rows come and go with what they describe; those that stay are
 * not registered again, which for thousands of sessions would take longer than all the rest.
 * Confined to one caller at a time.
 */
final class HubMeters {
  private final MeterRegistry registry;
  private final Map<String, MultiGauge> gauges = new HashMap<>();
  private final Things<SourceStatus> sources = new Things<>();
  private final Things<DatabaseStatus> databases = new Things<>();
  private final Things<SessionStatus> sessions = new Things<>();
  private final Things<LaneStatus> lanes = new Things<>();

  public HubMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public synchronized void update(HubStatus status) {
    sources(status.sources());
    databases(status.databases());
    sessions(status.sessions());
    lanes(status.sessions());
  }

  private void sources(List<SourceStatus> list) {
    list.forEach(source -> sources.add(source, Tags.of("source", source.address())));
    sources.complete();
    sources.gauge(
        "replicator.source.streaming",
        source -> source.state() == SourceStatus.State.STREAMING ? 1 : 0);
    sources.gauge("replicator.source.offset", SourceStatus::offset);
    sources.gauge("replicator.source.spool.bytes", SourceStatus::spoolBytes);
    sources.gauge("replicator.source.commands", SourceStatus::commands);
    sources.gauge("replicator.source.loaded.keys", SourceStatus::loadedKeys);
    List<Row<?>> unsupported = new ArrayList<>();
    for (SourceStatus source : list) {
      source
          .unsupported()
          .forEach(
              (kind, count) ->
                  unsupported.add(
                      Row.of(Tags.of("source", source.address(), "kind", kind), count)));
    }
    gauge("replicator.source.unsupported").register(unsupported, true);
  }

  private void databases(List<DatabaseStatus> list) {
    list.forEach(database -> databases.add(database, Tags.of("database", database.name())));
    databases.complete();
    databases.gauge("replicator.database.keys", DatabaseStatus::keys);
    databases.gauge("replicator.database.head", DatabaseStatus::head);
    databases.gauge("replicator.database.horizon", DatabaseStatus::horizon);
    databases.gauge("replicator.database.tombstones", DatabaseStatus::tombstones);
    databases.gauge("replicator.database.bytes", DatabaseStatus::bytes);
    databases.gauge("replicator.database.loading", database -> database.loading() ? 1 : 0);
  }

  private void sessions(List<SessionStatus> list) {
    list.forEach(session -> sessions.add(session, tags(session)));
    sessions.complete();
    sessions.gauge(
        "replicator.session.stalled", session -> session.state().equals("stalled") ? 1 : 0);
    sessions.gauge("replicator.session.window.bytes", SessionStatus::windowBytes);
    sessions.gauge("replicator.session.inflight.bytes", SessionStatus::inFlightBytes);
    sessions.gauge("replicator.session.rtt.ms", SessionStatus::rttMs);
    sessions.gauge("replicator.session.delivery.rate", SessionStatus::deliveryBytesPerSecond);
  }

  private void lanes(List<SessionStatus> list) {
    for (SessionStatus session : list) {
      for (LaneStatus lane : session.lanes()) {
        lanes.add(lane, tags(session).and("database", lane.database(), "qos", lane.qos()));
      }
    }
    lanes.complete();
    lanes.gauge("replicator.lane.live", lane -> lane.state().equals("live") ? 1 : 0);
    lanes.gauge("replicator.lane.cursor", LaneStatus::cursor);
    lanes.gauge("replicator.lane.head", LaneStatus::head);
    lanes.gauge("replicator.lane.lag.versions", LaneStatus::lagVersions);
    lanes.gauge("replicator.lane.lag.ms", LaneStatus::lagMs);
    lanes.gauge("replicator.lane.records", LaneStatus::records);
    lanes.gauge("replicator.lane.changes.merged", LaneStatus::changesMerged);
    lanes.gauge("replicator.lane.merged.bytes", LaneStatus::mergedBytes);
    lanes.gauge("replicator.lane.plain.bytes", LaneStatus::plainBytes);
    lanes.gauge("replicator.lane.block.bytes", LaneStatus::blockBytes);
    lanes.gauge("replicator.lane.wire.bytes", LaneStatus::wireBytes);
  }

  private static Tags tags(SessionStatus session) {
    return Tags.of("session", Long.toString(session.id()), "client", session.clientName());
  }

  private MultiGauge gauge(String name) {
    return gauges.computeIfAbsent(name, ignored -> MultiGauge.builder(name).register(registry));
  }

  /** All of one kind, told apart by their tags; what the gauges read is the newest of each. */
  private final class Things<T> {
    private Map<Tags, AtomicReference<T>> known = Map.of();
    private Map<Tags, AtomicReference<T>> present = new HashMap<>();

    void add(T thing, Tags tags) {
      AtomicReference<T> newest = known.get(tags);
      if (newest == null) {
        newest = new AtomicReference<>();
      }
      newest.set(thing);
      present.put(tags, newest);
    }

    /** Forgets those that were not added since the last time. */
    void complete() {
      known = present;
      present = new HashMap<>();
    }

    void gauge(String name, ToDoubleFunction<T> number) {
      List<Row<?>> rows = new ArrayList<>(known.size());
      known.forEach(
          (tags, newest) ->
              rows.add(Row.of(tags, newest, thing -> number.applyAsDouble(thing.get()))));
      HubMeters.this.gauge(name).register(rows, false);
    }
  }
}
