package io.replicator.http.updates;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.replicator.actors.hub.EmbeddedDatabases;
import io.replicator.actors.hub.Hub;
import io.replicator.actors.hub.HubDatabase;
import io.replicator.actors.hub.HubSettings;
import io.replicator.actors.hub.HubSettings.ServedDatabase;
import io.replicator.http.HubHttp;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.replication.QosLevel;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/**
 * A hub with its gateway: database {@code urgent} is embedded and goes first, {@code bulk} is
 * embedded and goes last.
 */
final class ServedSessions implements AutoCloseable {
  static final String URGENT = "urgent";
  static final String BULK = "bulk";

  final Hub hub;
  final HttpClient http = HttpClient.newHttpClient();
  private final ActorTestKit kit = ActorTestKit.create();
  private final RocksStore store;
  private final HubHttp gateway;

  ServedSessions(Path directory, SessionSettings sessions) throws Exception {
    StoreSettings storeSettings = StoreSettings.defaults(directory);
    var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    store = RocksStore.open(storeSettings);
    hub =
        await(
            Hub.start(
                kit.system(),
                new HubSettings(
                    "127.0.0.1",
                    0,
                    List.of(
                        new ServedDatabase(URGENT, QosLevel.REALTIME, HubDatabase.Origin.EMBEDDED),
                        new ServedDatabase(BULK, QosLevel.IDLE, HubDatabase.Origin.EMBEDDED)),
                    storeSettings,
                    sessions,
                    Duration.ofSeconds(10)),
                store,
                null,
                meters));
    gateway = await(HubHttp.start(kit.system(), GatewaySettings.DEFAULT, hub, meters));
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  int port() {
    return gateway.address().getPort();
  }

  URI updates() {
    return URI.create("ws://127.0.0.1:" + port() + "/v1/updates");
  }

  void put(String database, String key, String value) throws Exception {
    await(written(database, key, Bytes.utf8(value)));
  }

  CompletionStage<EmbeddedDatabases.Outcome> written(String database, String key, Bytes value) {
    return hub.embedded()
        .put(
            database,
            new Entry(Bytes.utf8(key), DataType.STRING, value, Map.of(), 0),
            EmbeddedDatabases.ANY);
  }

  int sessions() throws Exception {
    return await(hub.status()).sessions().size();
  }

  @Override
  public void close() {
    hub.stop().toCompletableFuture().join();
    gateway.stop(Duration.ofSeconds(1)).toCompletableFuture().join();
    kit.shutdownTestKit();
    store.close();
  }
}
