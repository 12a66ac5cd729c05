package io.replicator.actors.hub;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;

/**
 * What a hub's status shows, as meters: one for each number, with a row for each source, database,
 * or lane of a database. Rows come and go with what they describe.
 *
 * <p>No session has a meter of its own. Their numbers never repeat, so that every reconnect would
 * leave a dead time series behind, and thousands of clients would make a scrape that nobody can
 * afford. Sessions are counted by state, and their lags are told by percentiles; which ones they
 * are, {@code GET /v1/status} tells. Confined to one caller at a time.
 */
final class HubMeters {
  private final MeterRegistry registry;
  private final Map<String, MultiGauge> gauges = new HashMap<>();
  private final Set<String> counters = new HashSet<>();
  private final Things<SourceStatus> sources = new Things<>();
  private final Things<DatabaseStatus> databases = new Things<>();
  private final Things<SessionTotals> sessions = new Things<>();
  private final Things<LaneTotals> lanes = new Things<>();

  public HubMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public synchronized void update(HubStatus status) {
    sources(status.sources());
    databases(status.databases());
    sessions(status.totals());
    lanes(status.totals().lanes());
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

  private void sessions(SessionTotals totals) {
    List<Row<?>> states = new ArrayList<>();
    for (String state : SessionStatus.STATES) {
      states.add(Row.of(Tags.of("state", state), totals.states().getOrDefault(state, 0L)));
    }
    gauge("replicator.sessions").register(states, true);
    sessions.add(totals, Tags.empty());
    sessions.complete();
    sessions.gauge("replicator.sessions.inflight.bytes", SessionTotals::inFlightBytes);
    sessions.counter("replicator.sessions.begun", SessionTotals::begun);
  }

  private void lanes(List<LaneTotals> list) {
    List<Row<?>> states = new ArrayList<>();
    for (LaneTotals lane : list) {
      Tags tags = tags(lane);
      lanes.add(lane, tags);
      lane.states().forEach((state, count) -> states.add(Row.of(tags.and("state", state), count)));
    }
    gauge("replicator.lanes").register(states, true);
    lanes.complete();
    lanes.gauge("replicator.lanes.lag.versions.max", LaneTotals::lagVersionsMax);
    lanes.gauge("replicator.lanes.lag.ms.p50", LaneTotals::lagMsP50);
    lanes.gauge("replicator.lanes.lag.ms.p99", LaneTotals::lagMsP99);
    lanes.gauge("replicator.lanes.lag.ms.max", LaneTotals::lagMsMax);
    lanes.counter("replicator.lanes.records", LaneTotals::records);
    lanes.counter("replicator.lanes.changes.merged", LaneTotals::changesMerged);
    lanes.counter("replicator.lanes.merged.bytes", LaneTotals::mergedBytes);
    lanes.counter("replicator.lanes.plain.bytes", LaneTotals::plainBytes);
    lanes.counter("replicator.lanes.block.bytes", LaneTotals::blockBytes);
    lanes.counter("replicator.lanes.wire.bytes", LaneTotals::wireBytes);
  }

  private static Tags tags(LaneTotals lane) {
    return Tags.of("database", lane.database(), "qos", lane.qos());
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

    /** Something that only grows; nothing that has one is ever forgotten. */
    void counter(String name, ToDoubleFunction<T> number) {
      known.forEach(
          (tags, newest) -> {
            if (counters.add(name + tags)) {
              FunctionCounter.builder(name, newest, thing -> number.applyAsDouble(thing.get()))
                  .tags(tags)
                  .register(registry);
            }
          });
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
