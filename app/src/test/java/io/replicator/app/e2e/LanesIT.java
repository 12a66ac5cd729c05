package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.testkit.LinkConditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On a link that is full, what is urgent does not wait for what is much. */
final class LanesIT {
  private static final LinkConditions SLOW = LinkConditions.of(1, Duration.ofMillis(80));
  private static final int BULK_KEYS = 1_000;
  private static final int BULK_VALUE_BYTES = 10_000;
  private static final int SAMPLES = 10;
  private static final long LATENCY_MAX_MS = 400;
  private static final long SEED = 30_331;

  private final TwoSites sites = TwoSites.start();
  private final Random random = new Random(SEED);

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @Test
  void shouldBringAnUrgentChangeWithin400MsBehindTenMegabytesOfLoad() {
    sites.atSource(1, this::writeBulk);
    sites.hub("0,1", SLOW).client("");
    awaitBulkMoves();
    // Both ends have opened everything by then, and run warm.
    sites.awaitMark(0);
    sites.atTarget(
        1, user -> awaitThat("bulk arrives", () -> assertThat(user.number("DBSIZE")).isPositive()));

    assertThat(latenciesMs("load")).allSatisfy(ms -> assertThat(ms).isLessThan(LATENCY_MAX_MS));
    assertThat(sites.lane("1").state()).as("the load is still under way").isEqualTo("loading");
  }

  @Test
  void shouldBringAnUrgentChangeWithin400MsBehindTenMegabytesOfUpdates() {
    sites.hub("0,1", SLOW).client("").awaitLive();
    sites.atSource(1, this::writeBulk);
    awaitBulkMoves();

    assertThat(latenciesMs("updates")).allSatisfy(ms -> assertThat(ms).isLessThan(LATENCY_MAX_MS));
    sites.atTarget(
        1,
        user ->
            assertThat(user.number("DBSIZE")).as("updates are under way").isLessThan(BULK_KEYS));
  }

  @Test
  void shouldNotStarveTheLowerLanesUnderContinuousUrgentTraffic() {
    sites.atSource(2, this::writeBulk);
    sites.hub("0,1,2", SLOW).client("");
    var writing = new AtomicBoolean(true);
    CompletableFuture<Void> urgent = CompletableFuture.runAsync(() -> writeUrgent(writing));
    awaitThat(
        "urgent traffic fills the link",
        () -> assertThat(sites.lane("0").wireBytes()).isGreaterThan(200_000));

    long urgentBefore = sites.lane("0").wireBytes();
    long bulkBefore = sites.lane("2").wireBytes();
    awaitThat(
        "a megabyte of urgent traffic",
        () -> assertThat(sites.lane("0").wireBytes() - urgentBefore).isGreaterThan(1_000_000));
    long bulk = sites.lane("2").wireBytes() - bulkBefore;
    long all = bulk + sites.lane("0").wireBytes() - urgentBefore;
    writing.set(false);
    urgent.join();

    System.out.printf("low lane: %d of %d bytes%n", bulk, all);
    assertThat((double) bulk / all).isBetween(0.04, 0.2);
  }

  /** More each second than the link carries, each time other keys. */
  private void writeUrgent(AtomicBoolean writing) {
    var values = new Random(SEED + 1);
    try (var user = new RedisUser(sites.source(), 0)) {
      for (int i = 0; writing.get(); i++) {
        byte[] value = new byte[4_000];
        values.nextBytes(value);
        user.call("SET", "urgent:" + i % 500, value);
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  private void writeBulk(RedisUser user) {
    for (int key = 0; key < BULK_KEYS; key++) {
      byte[] value = new byte[BULK_VALUE_BYTES];
      random.nextBytes(value);
      user.add("SET", "bulk:" + key, value);
      user.flushAt(100);
    }
  }

  private void awaitBulkMoves() {
    awaitThat(
        "bulk fills the link",
        () -> {
          long before = sites.link().bytesFromTarget();
          LockSupport.parkNanos(100_000_000);
          assertThat(sites.link().bytesFromTarget() - before).isGreaterThan(5_000);
        });
  }

  /** From the answer of the source to the sight at the target. */
  private List<Long> latenciesMs(String name) {
    List<Long> latencies = new ArrayList<>();
    RedisUser source = sites.sourceUser(0);
    RedisUser target = sites.targetUser(0);
    for (int i = 0; i < SAMPLES; i++) {
      long bulkBefore = sites.link().bytesFromTarget();
      source.call("SET", name, i);
      long startNs = System.nanoTime();
      while (!String.valueOf(i).equals(target.text("GET", name))) {
        assertThat(System.nanoTime() - startNs).isLessThan(30_000_000_000L);
        LockSupport.parkNanos(500_000);
      }
      latencies.add((System.nanoTime() - startNs) / 1_000_000);
      // The next one when some more bulk has passed: at another point of the transfer.
      awaitThat(
          "bulk goes on",
          () ->
              assertThat(sites.link().bytesFromTarget() - bulkBefore)
                  .isGreaterThan(40_000 + random.nextInt(10_000)));
    }
    System.out.println("latencies behind " + name + " in ms: " + latencies + ", seed " + SEED);
    return latencies;
  }
}
