package io.replicator.http.entries;

import io.replicator.actors.hub.Hub;
import io.replicator.actors.hub.HubDatabase;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Query;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Everything under {@code /v1/databases}. Any thread. */
public final class DatabaseRoutes implements AutoCloseable {
  private final Map<String, HeadBell> bells = new LinkedHashMap<>();
  private final ServedDatabases databases;
  private final Entries entries;
  private final OneEntry oneEntry;
  private final Writes writes;
  private final Changes changes;

  public DatabaseRoutes(
      ActorSystem<?> system, GatewaySettings settings, Hub hub, GatewayMeters meters) {
    Executor blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    for (HubDatabase database : hub.databases()) {
      bells.put(database.name(), new HeadBell(system, database.database()));
    }
    databases = new ServedDatabases(hub.epoch(), hub.databases());
    var loads = new Loads(system, blocking, settings.entriesTimeMax(), settings.loadsMax());
    meters.loads(loads::held);
    var deltas = new SharedDeltas(blocking, settings.batchBytesMax());
    entries = new Entries(databases, loads, settings, blocking, meters);
    oneEntry = new OneEntry(databases, loads, settings, blocking, meters);
    writes =
        new Writes(
            databases,
            hub.embedded(),
            new Bodies(system, settings.bodyBytesMax(), settings.headTimeout()),
            blocking);
    changes = new Changes(system, databases, bells, deltas, settings, blocking, meters);
  }

  public CompletionStage<HttpResponse> list(Exchange exchange) {
    Query.of(exchange.target(), List.of());
    return CompletableFuture.completedFuture(databases.list());
  }

  public CompletionStage<HttpResponse> entries(Exchange exchange) {
    return entries.handle(exchange);
  }

  public CompletionStage<HttpResponse> entry(Exchange exchange) {
    return oneEntry.handle(exchange);
  }

  public CompletionStage<HttpResponse> put(Exchange exchange) {
    return writes.put(exchange);
  }

  public CompletionStage<HttpResponse> delete(Exchange exchange) {
    return writes.delete(exchange);
  }

  public CompletionStage<HttpResponse> changes(Exchange exchange) {
    return changes.handle(exchange);
  }

  /** Nobody waits for changes any more. */
  @Override
  public void close() {
    bells.values().forEach(HeadBell::close);
  }
}
