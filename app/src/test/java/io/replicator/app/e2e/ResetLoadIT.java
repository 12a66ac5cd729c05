package io.replicator.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.testkit.LinkConditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A load over a target that holds something already. */
final class ResetLoadIT {
  private static final KeyFilter A = new KeyFilter(List.of(KeyGlob.of("a:*")), List.of());
  private static final KeyFilter B = new KeyFilter(List.of(KeyGlob.of("b:*")), List.of());
  private static final int SHARED = 5_000;
  private static final int FOREIGN = 1_000;

  private final TwoSites sites = TwoSites.start();
  private final AtomicBoolean observing = new AtomicBoolean(true);
  private final AtomicLong looks = new AtomicLong();

  @AfterEach
  void close() throws Exception {
    observing.set(false);
    sites.close();
  }

  @Test
  void shouldReplaceWhatIsThereWithoutEverBeingEmpty() {
    var random = new Random(5);
    sites.atSource(
        0,
        user -> {
          for (int i = 0; i < SHARED; i++) {
            byte[] value = new byte[200];
            random.nextBytes(value);
            user.add("SET", "a:shared:" + i, value);
            user.flushAt(1_000);
          }
          user.add("HSET", "a:type", "f", "v").add("SET", "b:source", "1");
        });
    sites.atTarget(
        0,
        user -> {
          for (int i = 0; i < SHARED; i++) {
            user.add("SET", "a:shared:" + i, "stale", "PX", 100_000_000);
            user.flushAt(1_000);
          }
          for (int i = 0; i < FOREIGN; i++) {
            user.add("RPUSH", "a:foreign:" + i, "x").add("SET", "b:foreign:" + i, "x");
          }
          user.add("RPUSH", "a:type", "not a hash");
          user.add("SET", "replicator:of-somebody-else", "1");
        });
    CompletableFuture<Void> observer = CompletableFuture.runAsync(this::observe);
    sites.hub("0", LinkConditions.of(8, Duration.ofMillis(10)));
    sites.client("0:a:*", "group-bytes-max", "0 B");

    sites.awaitMark(0, 0, "a:mark");
    long before = looks.get();
    TwoSites.awaitThat("one more look", () -> assertThat(looks.get()).isGreaterThan(before + 1));
    observing.set(false);
    observer.join();
    sites.assertEqual(0, 0, A);
    sites.atTarget(
        0,
        user -> {
          assertThat(user.number("EXISTS", "a:foreign:0", "a:foreign:999")).isZero();
          assertThat(user.number("EXISTS", "b:foreign:0", "b:foreign:999")).isEqualTo(2);
          assertThat(user.number("EXISTS", "b:source")).isZero();
          assertThat(user.text("GET", "replicator:of-somebody-else")).isEqualTo("1");
          assertThat(user.number("PTTL", "a:shared:0")).isEqualTo(-1);
          // What the client keeps: cursors, and nothing else after the load.
          assertThat((List<?>) user.call("KEYS", "replicator:*")).hasSize(2);
        });
  }

  /** Of the keys that are on both sides, none is ever missing. */
  private void observe() {
    List<Object> exists = new ArrayList<>(List.of("EXISTS", "a:type"));
    for (int i = 0; i < SHARED; i += 7) {
      exists.add("a:shared:" + i);
    }
    try (var user = new RedisUser(sites.target(), 0)) {
      while (observing.get()) {
        assertThat(user.number(exists.toArray())).isEqualTo(exists.size() - 1);
        looks.incrementAndGet();
      }
    }
  }

  @Test
  void shouldTouchNothingOutsideOfAChangedSubscription() {
    sites.atSource(0, user -> user.add("SET", "a:1", "1").add("SET", "b:1", "1"));
    sites.atTarget(0, user -> user.add("SET", "b:foreign", "x").add("SET", "c:own", "x"));
    sites.hub("0").client("0:a:*").awaitLive();
    sites.awaitMark(0, 0, "a:mark");
    sites.assertEqual(0, 0, A);
    sites.atTarget(0, user -> assertThat(user.number("EXISTS", "b:foreign", "c:own")).isEqualTo(2));

    sites.endClient();
    sites.client("0:b:*").awaitLive();
    sites.atSource(
        0, user -> user.add("SET", "a:1", "2").add("DEL", "a:mark").add("SET", "b:2", "1"));
    sites.awaitMark(0, 0, "b:mark");
    sites.assertEqual(0, 0, B);
    sites.atTarget(
        0,
        user -> {
          assertThat(user.number("EXISTS", "b:foreign")).isZero();
          assertThat(user.text("GET", "a:1")).as("nobody follows it now").isEqualTo("1");
          assertThat(user.number("EXISTS", "a:mark", "c:own")).isEqualTo(2);
        });

    // Back again: goes on where it was, by a delta.
    sites.endClient();
    sites.client("0:a:*").awaitLive();
    assertThat(sites.lane("0").records()).isLessThanOrEqualTo(2);
    sites.assertEqual(0, 0, A);
    sites.assertEqual(0, 0, B);

    sites.endClient();
    sites.client("0").awaitLive();
    sites.awaitEqual(0);
    sites.atTarget(0, user -> assertThat(user.number("EXISTS", "c:own")).isZero());
  }
}
