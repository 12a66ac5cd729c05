package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.send.SessionStatus;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Nothing is lost and nothing applied twice in effect, whatever is killed when, under load. */
class KilledProcessIT {
  private static final int KILLS_EACH = 3;
  private static final int COMMANDS_PER_SECOND = 3_000;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void shouldEqualTheSourceAfterHubAndClientWereKilledUnderLoad() throws Exception {
    System.out.println("seed " + seed);
    try (var site = new Site("0,3")) {
      RedisProcess source = site.redis();
      RedisProcess target = site.redis();
      CommandProcess hub = site.hub(source);
      CommandProcess client = site.client(target);
      site.awaitLive(1);
      try (var zero = Writer.start(source, 0, seed, COMMANDS_PER_SECOND, 200);
          var three = Writer.start(source, 3, seed + 1, COMMANDS_PER_SECOND / 3, 2_000)) {
        for (int i = 0; i < 2 * KILLS_EACH; i++) {
          awaitProgress(site);
          LockSupport.parkNanos(Duration.ofMillis(random.nextInt(400)).toNanos());
          boolean killsHub = i % 2 == 0;
          if (killsHub) {
            hub.kill();
            hub = site.hubStarting(source.port());
          } else {
            client.kill();
            client = site.client(target);
          }
        }
        awaitProgress(site);
        assertThat(zero.written()).isPositive();
        assertThat(three.written()).isPositive();
      }
      site.awaitEqual(source, target, 0, 3);
      assertThat(hub.isAlive()).isTrue();
      assertThat(client.isAlive()).isTrue();
    }
  }

  /** Every lane of the one session has had something applied since it began. */
  private static void awaitProgress(Site site) {
    Awaitility.await("records flow")
        .atMost(Site.PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              List<SessionStatus> sessions = site.sessions();
              return sessions.size() == 1
                  && !sessions.get(0).lanes().isEmpty()
                  && sessions.get(0).lanes().stream()
                      .allMatch(lane -> lane.records() > 100 && lane.cursor() > 0);
            });
  }
}
