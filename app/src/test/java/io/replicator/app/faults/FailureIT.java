package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.SourceStatus;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the command says, and how it ends, when it cannot do what it was asked to. */
class FailureIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private Site site;

  @BeforeEach
  void setUp() throws Exception {
    site = new Site("0");
  }

  @AfterEach
  void tearDown() throws Exception {
    site.close();
  }

  @Test
  void shouldEndWithTwoAndOneLineWhenUsedWrongly() throws Exception {
    List<CommandProcess> runs =
        List.of(
            site.command("hub", "--databases", "five"),
            site.command("client", "--to", "http://h"),
            site.command("verify", "--from", "redis://127.0.0.1"),
            site.command("nonsense"));
    List<List<String>> named =
        List.of(
            List.of("--databases", "five", "0 to 9999"),
            List.of("--to", "http://h", "redis://"),
            List.of("--to", "URI"),
            List.of("nonsense", "client, demo, hub, status, verify"));
    for (int i = 0; i < runs.size(); i++) {
      assertThat(runs.get(i).awaitExit(PATIENCE)).isEqualTo(2);
      assertThat(runs.get(i).out()).isEmpty();
      assertThat(runs.get(i).err().lines()).hasSize(1);
      assertThat(runs.get(i).err()).contains(named.get(i));
    }
  }

  @Test
  void shouldServeOnWhileTheSourceIsAwayAndSayOnceWhy() throws Exception {
    int port = Site.freePort();
    RedisProcess target = site.redis();
    CommandProcess hub = site.hubStarting(port);
    hub.awaitLog("capture failed");
    CommandProcess client = site.client(target);
    client.awaitLog("Follows hub");
    Awaitility.await("several attempts").during(Duration.ofSeconds(2)).until(hub::isAlive);
    assertThat(lines(hub, "capture failed"))
        .hasSize(1)
        .first()
        .asString()
        .contains("127.0.0.1:" + port);
    SourceStatus status = site.status().orElseThrow().sources().get(0);
    assertThat(status.state()).isNotEqualTo(SourceStatus.State.STREAMING);

    RedisProcess source = site.closed(RedisProcess.startAt(port));
    site.commands(source, 0).set("key", "value");
    site.awaitEqual(source, target, 0);
  }

  @Test
  void shouldNameTheWrongPassword() throws Exception {
    RedisProcess source = site.redis("--requirepass", "secret");
    CommandProcess without = site.hubStarting(source.port());
    without.awaitLog("capture failed");
    assertThat(lines(without, "capture failed"))
        .first()
        .asString()
        .contains("127.0.0.1:" + source.port())
        .containsIgnoringCase("password");
    without.close();

    CommandProcess with =
        site.with("replicator.hub.source.password = wrong-one").hubStarting(source.port());
    with.awaitLog("capture failed");
    assertThat(lines(with, "capture failed"))
        .first()
        .asString()
        .contains("127.0.0.1:" + source.port())
        .containsIgnoringCase("password")
        .doesNotContain("wrong-one");
    assertThat(with.isAlive()).isTrue();
  }

  @Test
  void shouldWaitForATargetAndSayOnceWhatIsWrong() throws Exception {
    RedisProcess source = site.redis();
    site.commands(source, 0).set("key", "value");
    site.hub(source);
    int port = Site.freePort();
    CommandProcess client = site.clientOf(site.hubPort(), "redis://127.0.0.1:" + port);
    client.awaitLog("next attempt");
    Awaitility.await("several attempts").during(Duration.ofSeconds(2)).until(client::isAlive);
    assertThat(lines(client, "next attempt"))
        .hasSize(1)
        .first()
        .asString()
        .contains("127.0.0.1:" + port);

    RedisProcess target = site.closed(RedisProcess.startAt(port));
    site.awaitEqual(source, target, 0);
  }

  @Test
  void shouldRefuseToWriteIntoItsOwnSource() throws Exception {
    RedisProcess source = site.redis();
    site.commands(source, 0).set("key", "value");
    site.hub(source);
    CommandProcess client = site.client(source);
    assertThat(client.awaitExit(PATIENCE)).isEqualTo(1);
    assertThat(client.err().lines().reduce((first, second) -> second).orElseThrow())
        .startsWith("replicator client: ")
        .contains("database 0 of", "is itself captured by the hub", "DB=TARGET");
    assertThat(site.commands(source, 0).keys("*")).containsExactly("key");
  }

  @Test
  void shouldEndWithOneWhenAnotherHubHoldsStoreOrPort() throws Exception {
    RedisProcess source = site.redis();
    CommandProcess first = site.hub(source);
    CommandProcess sameStore =
        site.hubStarting(source.port(), "--hub", "127.0.0.1:0", "--http", "off");
    assertThat(sameStore.awaitExit(PATIENCE)).isEqualTo(1);
    assertThat(sameStore.err().lines()).last().asString().contains("replicator hub: ", "/data");
    site.forgetStore();
    CommandProcess samePort = site.hubStarting(source.port());
    assertThat(samePort.awaitExit(PATIENCE)).isEqualTo(1);
    assertThat(samePort.err()).contains("cannot listen at 127.0.0.1:" + site.hubPort(), "--hub");
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void shouldNameDifferencesWhenVerifying() throws Exception {
    RedisProcess from = site.redis();
    RedisProcess to = site.redis();
    site.commands(from, 0).set("one", "1");
    site.commands(from, 0).rpush("two", "1");
    site.commands(to, 0).set("one", "2");
    CommandProcess different = site.command("verify", "--from", from.uri(), "--to", to.uri());
    CommandProcess equal = site.command("verify", "--from", from.uri(), "--to", from.uri());
    CommandProcess unreachable =
        site.command(
            "verify", "--from", from.uri(), "--to", "redis://127.0.0.1:" + Site.freePort());
    assertThat(different.awaitExit(PATIENCE)).isEqualTo(1);
    assertThat(different.out()).contains("one", "two", "different: 2 of");
    assertThat(equal.awaitExit(PATIENCE)).isZero();
    assertThat(equal.out()).contains("equal: ");
    assertThat(unreachable.awaitExit(PATIENCE)).isEqualTo(1);
    assertThat(unreachable.err().lines()).hasSize(1).first().asString().contains("127.0.0.1:");
  }

  private static List<String> lines(CommandProcess process, String text) {
    return process.err().lines().filter(line -> line.contains(text)).toList();
  }
}
