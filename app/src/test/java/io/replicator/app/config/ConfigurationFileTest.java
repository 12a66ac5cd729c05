package io.replicator.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.app.process.UsageException;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.replication.QosLevel;
import io.replicator.store.StoreSettings;
import io.replicator.streams.send.SessionSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationFileTest {
  @TempDir private Path directory;

  @Test
  void shouldHaveTheDefaultsThatTheComponentsDocument() {
    HubConfiguration hub =
        hub(new Overrides().set("replicator.hub.databases", "--databases", "5"), "");

    assertThat(hub.hub().session()).isEqualTo(SessionSettings.DEFAULT);
    assertThat(hub.hub().store()).isEqualTo(StoreSettings.defaults(Path.of("./replicator-data")));
    assertThat(hub.hub().port()).isEqualTo(3333);
    assertThat(hub.gateway().port()).isEqualTo(8079);
    assertThat(hub.gateway()).isEqualTo(GatewaySettings.DEFAULT.at("127.0.0.1", 8079));
    assertThat(hub.source().addresses()).containsExactly(new HostPort("127.0.0.1", 6379));
    assertThat(hub.hub().drainTimeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void shouldPutOptionsOverTheFileOverDefaults() {
    var overrides = new Overrides().set("replicator.hub.listen", "--hub", ":1");

    HubConfiguration hub =
        hub(overrides, "replicator.hub { databases = [5, 0], listen = \":2\", data = /x }");

    assertThat(hub.hub().port()).isEqualTo(1);
    assertThat(hub.hub().store().directory()).isEqualTo(Path.of("/x"));
    assertThat(hub.hub().databases()).extracting("name").containsExactly("5", "0");
  }

  @Test
  void shouldTakeTheQualityOfServiceFromThePosition() {
    HubConfiguration hub = hub(new Overrides(), "replicator.hub.databases = \"5,0,3,1,2:high\"");

    assertThat(hub.hub().databases())
        .extracting("level")
        .containsExactly(
            QosLevel.REALTIME, QosLevel.HIGH, QosLevel.LOW, QosLevel.IDLE, QosLevel.HIGH);
  }

  @Test
  void shouldDoWithoutASourceWhenDatabasesAreEmbedded() {
    HubConfiguration hub = hub(new Overrides(), "replicator.hub { embedded = quotes, http = off }");

    assertThat(hub.source()).isNull();
    assertThat(hub.gateway()).isNull();
    assertThat(hub.hub().databases()).extracting("name").containsExactly("quotes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hub.sesion.chunk-bytes = 1 KiB | replicator.hub.sesion | session",
        "hub.session.chunk = 1 KiB | replicator.hub.session.chunk | chunk-bytes",
        "hub.session = 7 | replicator.hub.session | section",
        "hub.session.chunk-bytes = 1 B | chunk-bytes | 64 B to 64 KiB",
        "hub.session.chunk-bytes = lots | \"lots\" | 64 B to 64 KiB",
        "hub.session.low-lanes-share = 0.6 | \"0.6\" | 0.0 to 0.5",
        "hub.session.compression-level = 23 | \"23\" | 1 to 19",
        "hub.session.compression-level = high | \"high\" | 1 to 19",
        "hub.session.queue-target = 1 year | \"1 year\" | 0.001s to 10s",
        "hub.session.sessions-max = [1] | sessions-max | 1 to 1000000",
        "hub.source.tls = maybe | \"maybe\" | on or off",
        "hub.store.value-bytes-max = 1 TiB | \"1 TiB\" | 64 MiB",
        "hub.drain-timeout = -1 s | \"-1 s\" | 0s to 1h",
      })
  void shouldNameSettingPlaceValueAndWhatIsAllowed(String line, String named, String allowed) {
    String file = "replicator.hub.databases = 5\nreplicator." + line;

    assertThatThrownBy(() -> hub(new Overrides(), file))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("setting replicator.hub.")
        .hasMessageContaining("hub.conf")
        .hasMessageContaining(named)
        .hasMessageContaining(allowed)
        .hasMessageNotContaining("\n");
  }

  @Test
  void shouldRefuseAFileThatIsNotHocon() {
    assertThatThrownBy(() -> hub(new Overrides(), "replicator {"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--config")
        .hasMessageNotContaining("\n");
  }

  @Test
  void shouldRefuseSectionsOfOthers() {
    assertThatThrownBy(() -> hub(new Overrides(), "replicatr.hub.databases = 5"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("replicatr")
        .hasMessageContaining("pekko, replicator");
  }

  @Test
  void shouldReadSubscriptionsOfAClient() {
    Configuration configuration =
        load(
            new Overrides(),
            "replicator.client { subscribe = [\"5=7:quote:*\", \"5=7:a\\\\,b\", 0], hubs = \"a:1,:2\" }");

    ClientConfiguration client = ClientConfiguration.read(configuration);

    assertThat(client.databaseTargets()).containsOnlyKeys("5").containsEntry("5", "7");
    assertThat(client.client().subscriptions()).extracting("database").containsExactly("5", "0");
    assertThat(client.client().subscriptions().get(0).patterns()).hasSize(2);
    assertThat(client.client().subscriptions().get(1).patterns()).isEmpty();
    assertThat(client.client().hubs()).extracting("hostString").containsExactly("a", "127.0.0.1");
  }

  @Test
  void shouldSubscribeToEverythingByDefault() {
    ClientConfiguration client = ClientConfiguration.read(load(new Overrides(), ""));

    assertThat(client.client().subscriptions()).isEmpty();
    assertThat(client.target()).isInstanceOf(SinkTarget.Redis.class);
    assertThat(client.client().name()).isNotBlank();
  }

  private HubConfiguration hub(Overrides overrides, String file) {
    return HubConfiguration.read(load(overrides, file));
  }

  private Configuration load(Overrides overrides, String file) {
    try {
      return Configuration.load(overrides, Files.writeString(directory.resolve("hub.conf"), file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
