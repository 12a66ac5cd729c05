package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.send.LaneStatus;
import io.replicator.testkit.LinkConditions;
import io.replicator.testkit.LinkEmulator;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A load that breaks off goes on where it stopped. What is counted is bytes on the link, over all
 * sessions, against those of a load that nothing disturbs: values are random, so that bytes are
 * records.
 */
class InterruptedLoadIT {
  private static final int KEYS = 24_000;
  private static final int VALUE_BYTES = 1_600;
  private static final int KILLS = 3;
  private static final double SENT_AGAIN_MAX = 0.02;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private Site site;
  private RedisProcess source;
  private RedisProcess target;
  private CommandProcess hub;
  private LinkEmulator link;

  @BeforeEach
  void setUp() throws Exception {
    System.out.println("seed " + seed);
    site = new Site("0");
    source = site.redis();
    target = site.redis();
    fill(source);
    hub = site.hub(source);
    link =
        site.closed(LinkEmulator.to(site.hubPort(), LinkConditions.of(48, Duration.ofMillis(4))));
  }

  @AfterEach
  void tearDown() throws Exception {
    site.close();
  }

  @Test
  void shouldSendLittleAgainWhenTheClientIsKilledInTheLoad() throws Exception {
    long whole = undisturbedLoadBytes();
    try (var writer = Writer.start(source, 0, seed, 100, 20)) {
      CommandProcess client = site.clientOf(link.port(), target.uri());
      for (int i = 1; i <= KILLS; i++) {
        awaitSent(whole * (i + random.nextDouble() * 0.8) / (KILLS + 1.5));
        assertLoading();
        client.kill();
        client = site.clientOf(link.port(), target.uri());
      }
      assertLoaded(whole);
      assertThat(writer.written()).isPositive();
    }
    site.awaitEqual(source, target, 0);
  }

  @Test
  void shouldSendLittleAgainWhenTheHubIsKilledInTheLoad() throws Exception {
    long whole = undisturbedLoadBytes();
    try (var writer = Writer.start(source, 0, seed, 100, 20)) {
      site.clientOf(link.port(), target.uri());
      for (int i = 1; i <= KILLS; i++) {
        awaitSent(whole * (i + random.nextDouble() * 0.8) / (KILLS + 1.5));
        assertLoading();
        hub.kill();
        hub = site.hubStarting(source.port());
      }
      assertLoaded(whole);
      assertThat(writer.written()).isPositive();
    }
    site.awaitEqual(source, target, 0);
  }

  private long undisturbedLoadBytes() throws Exception {
    try (RedisProcess other = RedisProcess.start();
        var fast = LinkEmulator.to(site.hubPort(), LinkConditions.UNLIMITED)) {
      CommandProcess once = site.clientOf(fast.port(), other.uri(), "--once");
      assertThat(once.awaitExit(Duration.ofSeconds(60))).isZero();
      assertThat(Site.compare(source, other, 0).differences()).isZero();
      return fast.bytesFromTarget();
    }
  }

  private void awaitSent(double bytes) {
    Awaitility.await("bytes sent")
        .atMost(Site.PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> link.bytesFromTarget() >= bytes);
  }

  private void assertLoading() {
    List<LaneStatus> lanes =
        Awaitility.await("a session")
            .atMost(Site.PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .until(site::lanes, found -> !found.isEmpty());
    assertThat(lanes).extracting(LaneStatus::state).containsExactly("loading");
  }

  private void assertLoaded(long whole) {
    site.awaitLive(1);
    double again = (double) (link.bytesFromTarget() - whole) / whole;
    System.out.printf("%d bytes, %.2f %% sent again in %d kills%n", whole, 100 * again, KILLS);
    assertThat(again / KILLS).isLessThan(SENT_AGAIN_MAX);
  }

  private void fill(RedisProcess redis) {
    RedisCommands<String, String> commands = site.commands(redis, 0);
    for (int i = 0; i < KEYS; i += 200) {
      Map<String, String> some = new HashMap<>();
      for (int j = i; j < i + 200; j++) {
        some.put("key:" + j, randomText());
      }
      commands.mset(some);
    }
  }

  // 95 letters: 1,600 of them are 1,314 bytes of information.
  private String randomText() {
    var text = new StringBuilder(VALUE_BYTES);
    for (int i = 0; i < VALUE_BYTES; i++) {
      text.append((char) (' ' + random.nextInt(95)));
    }
    return text.toString();
  }
}
