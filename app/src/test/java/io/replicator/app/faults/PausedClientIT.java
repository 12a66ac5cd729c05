package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * A client that stands still for half a minute costs nobody anything but itself. That is well
 * beyond the three silent heartbeats after which the hub gives its session up.
 */
class PausedClientIT {
  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final String CREDIT = "replicator.hub.session.credit-bytes = 1 MiB";
  private static final long LAG_MS_MAX = 1_500;
  private static final int HUB_HEAP_MB = 96;
  private static final long HEAP_GROWTH_MAX = 12L << 20;

  @Test
  void shouldConvergeAfterAPauseThatNobodyElseNotices() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    try (var site = new Site("0").with(CREDIT).withHubHeap(HUB_HEAP_MB)) {
      RedisProcess source = site.redis();
      RedisProcess target = site.redis();
      RedisProcess other = site.redis();
      CommandProcess hub = site.hub(source);
      CommandProcess paused = site.client(target, "--config", config(site, "paused"));
      CommandProcess running = site.client(other, "--config", config(site, "running"));
      site.awaitLive(2);
      try (var writer = Writer.start(source, 0, seed, 1_000, 20_000)) {
        awaitFlow(site);
        long heapBefore = liveHeapBytes(hub);
        assertThat(hub.isAlive()).as(hub.err()).isTrue();
        long runningId = awaitSession(site, "running").id();
        long writtenBefore = writer.written();
        paused.pause();
        List<Long> lags = lagsDuring(site, PAUSE);
        long heapAfter = liveHeapBytes(hub);
        long bytesWritten = (writer.written() - writtenBefore) * 20_000L / 4;
        System.out.printf(
            "%d samples of lag, longest %d ms; heap %d KiB, then %d KiB; about %d MiB written%n",
            lags.size(),
            lags.stream().mapToLong(lag -> lag).max().orElseThrow(),
            heapBefore >> 10,
            heapAfter >> 10,
            bytesWritten >> 20);
        assertThat(lags)
            .as(running.err() + hub.err())
            .hasSizeGreaterThan(10)
            .allMatch(lag -> lag <= LAG_MS_MAX);
        assertThat(heapAfter - heapBefore).isLessThan(HEAP_GROWTH_MAX);
        assertThat(awaitSession(site, "running").id())
            .as(running.err() + hub.err())
            .isEqualTo(runningId);
        assertThat(session(site, "paused")).as("given up").isEmpty();
        paused.resume();
        awaitFlow(site);
      }
      site.awaitEqual(source, other, 0);
      site.awaitEqual(source, target, 0);
      assertThat(running.isAlive()).isTrue();
      assertThat(hub.isAlive()).isTrue();
    }
  }

  private static String config(Site site, String name) {
    return site.settings(name, "replicator.client.name = " + name);
  }

  private static Optional<SessionStatus> session(Site site, String name) {
    return site.sessions().stream()
        .filter(session -> session.clientName().equals(name))
        .findFirst();
  }

  /** Sessions that do not answer within a second are left out of a status: ask again. */
  private static SessionStatus awaitSession(Site site, String name) {
    return Awaitility.await("session of " + name)
        .atMost(Duration.ofSeconds(10))
        .until(() -> session(site, name), Optional::isPresent)
        .orElseThrow();
  }

  /** Both clients have had something since their sessions began. */
  private static void awaitFlow(Site site) {
    Awaitility.await("records flow to both")
        .atMost(Site.PATIENCE)
        .until(
            () ->
                site.lanes().size() == 2
                    && site.lanes().stream().allMatch(lane -> lane.records() > 500));
  }

  /** Of the client that runs, several times a second. */
  private static List<Long> lagsDuring(Site site, Duration time) {
    List<Long> lags = new ArrayList<>();
    long endNs = System.nanoTime() + time.toNanos();
    Awaitility.await("the pause is over")
        .atMost(time.plusSeconds(30))
        .pollInterval(Duration.ofMillis(150))
        .pollInSameThread()
        .until(
            () -> {
              session(site, "running")
                  .ifPresent(
                      session ->
                          lags.add(
                              session.lanes().stream()
                                  .mapToLong(LaneStatus::lagMs)
                                  .max()
                                  .orElseThrow()));
              return System.nanoTime() - endNs >= 0;
            });
    return lags;
  }

  /** What the hub's heap holds after a full collection. */
  private static long liveHeapBytes(CommandProcess hub) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(hub.pid()),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jcmd.waitFor(30, TimeUnit.SECONDS)).isTrue();
    Matcher total = Pattern.compile("Total\\s+\\d+\\s+(\\d+)").matcher(histogram);
    assertThat(total.find()).as(histogram).isTrue();
    return Long.parseLong(total.group(1));
  }
}
