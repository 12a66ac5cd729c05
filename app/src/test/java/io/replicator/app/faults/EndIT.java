package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the command ends when it is asked to. */
class EndIT {
  private static final LinkConditions SLOW = LinkConditions.of(8, Duration.ofMillis(20));
  private static final int KEYS = 1_000;
  private static final int VALUE_BYTES = 1_500;

  private final long seed = System.nanoTime();
  private Site site;
  private RedisProcess source;
  private RedisProcess target;
  private RedisCommands<String, String> commands;

  @BeforeEach
  void setUp() throws Exception {
    System.out.println("seed " + seed);
    site = new Site("0");
    source = site.redis();
    target = site.redis();
    commands = site.commands(source, 0);
    commands.set("first", "1");
  }

  @AfterEach
  void tearDown() throws Exception {
    site.close();
  }

  /** Some 1.3 MB even when compressed: more than a second on the slow link. */
  private void write() {
    var random = new Random(seed);
    for (int i = 0; i < KEYS; i += 50) {
      Map<String, String> some = new HashMap<>();
      for (int j = i; j < i + 50; j++) {
        var text = new StringBuilder();
        for (int k = 0; k < VALUE_BYTES; k++) {
          text.append((char) (' ' + random.nextInt(95)));
        }
        some.put("key:" + j, text.toString());
      }
      commands.mset(some);
    }
    commands.set("last", "1");
  }

  @Test
  void shouldBringWhatWasWrittenBeforeTheSignal() throws Exception {
    CommandProcess hub = site.hub(source);
    LinkEmulator link = site.closed(LinkEmulator.to(site.hubPort(), SLOW));
    CommandProcess client = site.clientOf(link.port(), target.uri());
    site.awaitLive(1);
    write();
    hub.terminate();
    assertThat(hub.awaitExit(Duration.ofSeconds(40))).isZero();
    assertThat(Site.compare(source, target, 0).differences()).isZero();
    assertThat(hub.err()).doesNotContain("ERROR").doesNotContain("not every client");

    client.terminate();
    assertThat(client.awaitExit(Duration.ofSeconds(5))).isZero();
  }

  @Test
  void shouldCloseAtOnceWhenToldNotToWait() throws Exception {
    CommandProcess hub = site.hub(source, "--nowait");
    LinkEmulator link = site.closed(LinkEmulator.to(site.hubPort(), SLOW));
    CommandProcess client = site.clientOf(link.port(), target.uri());
    site.awaitLive(1);
    link.stall();
    write();
    hub.terminate();
    assertThat(hub.awaitExit(Duration.ofSeconds(6))).isZero();
    link.restore();
    assertThat(Site.compare(source, target, 0).differences()).isPositive();

    site.hub(source);
    site.awaitEqual(source, target, 0);
    client.terminate();
    assertThat(client.awaitExit(Duration.ofSeconds(5))).isZero();
  }

  @Test
  void shouldEndByItselfWhenOnceIsCaughtUp() throws Exception {
    write();
    site.hub(source);
    CommandProcess client = site.client(target, "--once");
    assertThat(client.awaitExit(Duration.ofSeconds(60))).isZero();
    assertThat(Site.compare(source, target, 0).differences()).isZero();
  }
}
