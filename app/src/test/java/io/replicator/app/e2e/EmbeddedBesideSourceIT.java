package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.actors.hub.EmbeddedDatabases;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.testkit.LinkConditions;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A hub that captures one database and owns another: neither notices the other. */
final class EmbeddedBesideSourceIT {
  private final TwoSites sites = TwoSites.start();

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  private void startHub() {
    sites.hub("0", LinkConditions.UNLIMITED, "embedded", "quotes");
  }

  private void put(Entry entry) throws Exception {
    Outcome outcome =
        sites
            .embedded()
            .put("quotes", entry, EmbeddedDatabases.ANY)
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(Outcome.Written.class);
  }

  private static Entry string(String key, String value, long expiresAtMs) {
    return new Entry(Bytes.utf8(key), DataType.STRING, Bytes.utf8(value), Map.of(), expiresAtMs);
  }

  @Test
  void shouldBringBothToAClientThatMapsTheName() throws Exception {
    sites.atSource(0, user -> user.add("SET", "captured", "1"));
    startHub();
    put(string("own", "1", 0));
    sites.client("0,quotes=5").awaitLive();
    put(string("own", "2", 0));
    put(
        new Entry(
            Bytes.utf8("hash"),
            DataType.HASH,
            Bytes.EMPTY,
            Map.of(Bytes.utf8("f"), Bytes.utf8("v"), Bytes.utf8("g"), Bytes.utf8("w")),
            0));
    // A flush of the source is none of the hub's own databases.
    sites.atSource(0, user -> user.add("FLUSHALL").add("SET", "captured", "2"));
    sites.awaitEqual(0);
    awaitThat(
        "what the hub owns is in database 5",
        () ->
            sites.atTarget(
                5,
                user -> {
                  assertThat(user.text("GET", "own")).isEqualTo("2");
                  assertThat(user.text("HGET", "hash", "g")).isEqualTo("w");
                  assertThat(user.number("EXISTS", "captured")).isZero();
                }));
    assertThat(sites.hubStatus().databases())
        .extracting(database -> database.name() + " " + database.origin())
        .containsExactly("0 captured", "quotes embedded");
  }

  @Test
  void shouldDeleteAKeyWhenItIsDue() throws Exception {
    startHub();
    long dueMs = System.currentTimeMillis() + 300;
    put(string("brief", "1", dueMs));
    put(string("lasting", "1", dueMs + 3_600_000));
    assertThat(sites.databaseStatus("quotes").keys()).isEqualTo(2);
    awaitThat(
        "the key is gone", () -> assertThat(sites.databaseStatus("quotes").keys()).isEqualTo(1));
    long lateMs = System.currentTimeMillis() - dueMs;
    System.out.println("gone " + lateMs + " ms after it was due");
    assertThat(lateMs).isBetween(0L, 2_000L);
  }

  @Test
  void shouldSayWhatIsMissingWhereANameHasNoNumberInRedis() throws Exception {
    startHub();
    put(string("own", "1", 0));
    sites.client("");
    assertThatThrownBy(() -> sites.clientDone().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .hasMessageContaining("database quotes")
        .hasMessageContaining("quotes=TARGET");
  }
}
