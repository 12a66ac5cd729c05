package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.replicator.testkit.LinkConditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A transaction of the source is visible at the target as a whole or not at all. */
final class AtomicityIT {
  private static final int KEYS = 8;
  private static final long SEED = 7_011_972;

  private final TwoSites sites = TwoSites.start();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicBoolean writing = new AtomicBoolean(true);
  private final AtomicBoolean reading = new AtomicBoolean(true);
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong seen = new AtomicLong();
  private final AtomicLong states = new AtomicLong();

  @AfterEach
  void close() throws Exception {
    writing.set(false);
    reading.set(false);
    threads.shutdown();
    threads.awaitTermination(10, TimeUnit.SECONDS);
    sites.close();
  }

  @Test
  void shouldNeverShowHalfATransactionWhateverTheLinkDoes() {
    sites.hub("0").client("").awaitLive();
    CompletableFuture<Void> reader = CompletableFuture.runAsync(this::watch, threads);
    CompletableFuture<Void> writer = CompletableFuture.runAsync(this::writeTransactions, threads);

    // While the client keeps up.
    awaitAtLeast("different states seen", states, 100, reader, writer);
    awaitSeen(3_000, reader, writer);

    sites.link().cut();
    awaitWritten(written.get() + 5_000, reader, writer);
    sites.link().restore();
    awaitSeen(written.get() + 1_000, reader, writer);

    sites.link().stall();
    awaitWritten(written.get() + 5_000, reader, writer);
    sites.link().restore();
    awaitSeen(written.get() + 1_000, reader, writer);

    writing.set(false);
    writer.join();
    awaitSeen(written.get(), reader);
    reading.set(false);
    reader.join();
    sites.awaitEqual(0);
  }

  /** Transaction n makes every value n. */
  private void writeTransactions() {
    try (var user = new RedisUser(sites.source(), 0)) {
      for (long n = 1; writing.get(); n++) {
        user.add("MULTI");
        for (int key = 0; key < KEYS; key++) {
          user.add("SET", "key:" + key, n);
        }
        user.add("HSET", "hash", "n", n).add("INCR", "counter");
        user.add("RPUSH", "list", n).add("LTRIM", "list", -1, -1);
        // Known by reading it again: its result is not in the command.
        user.add("ZINCRBY", "zset", 1, "n").add("EXEC");
        if (n % 4 == 0) {
          user.flush();
          written.set(n);
        }
      }
      user.flush();
    }
  }

  private void watch() {
    Object[] read = new Object[1 + KEYS];
    read[0] = "MGET";
    for (int key = 0; key < KEYS; key++) {
      read[1 + key] = "key:" + key;
    }
    try (var user = new RedisUser(sites.target(), 0)) {
      long before = 0;
      while (reading.get()) {
        user.add("MULTI").add(read).add("HGET", "hash", "n").add("GET", "counter");
        user.add("LRANGE", "list", 0, -1).add("ZSCORE", "zset", "n").add("EXEC");
        List<String> values = new ArrayList<>();
        texts(user.flush().get(6), values);
        assertThat(new HashSet<>(values)).as("%s", values).hasSize(1);
        long now = values.get(0) == null ? 0 : Long.parseLong(values.get(0));
        assertThat(now).as("a step back").isGreaterThanOrEqualTo(before);
        if (now > before) {
          states.incrementAndGet();
        }
        before = now;
        seen.set(now);
      }
    }
  }

  private static void texts(Object reply, List<String> values) {
    if (reply instanceof List<?> list) {
      if (list.isEmpty()) {
        values.add(null);
      }
      list.forEach(element -> texts(element, values));
    } else {
      values.add(RedisUser.textOf(reply));
    }
  }

  @Test
  void shouldShowATransactionOfManyBatchesAsAWhole() {
    int keys = 3_000;
    int rounds = 10;
    sites.hub("0").client("").awaitLive();
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(
            () -> {
              try (var user = new RedisUser(sites.target(), 0)) {
                while (reading.get()) {
                  user.add("MULTI");
                  for (int key = 0; key < keys; key += 100) {
                    user.add("GETRANGE", "key:" + key, 0, 3);
                  }
                  List<Object> replies = user.add("EXEC").flush();
                  Set<String> rounds1 = new HashSet<>();
                  ((List<?>) replies.get(replies.size() - 1))
                      .forEach(reply -> rounds1.add(RedisUser.textOf(reply)));
                  assertThat(rounds1).hasSize(1);
                  String round = rounds1.iterator().next();
                  seen.set(round.isEmpty() ? 0 : Long.parseLong(round));
                }
              }
            },
            threads);
    var random = new Random(SEED);
    sites.atSource(
        0,
        user -> {
          for (int round = 1; round <= rounds; round++) {
            user.add("MULTI");
            for (int key = 0; key < keys; key++) {
              byte[] value = new byte[500];
              random.nextBytes(value);
              byte[] start =
                  String.format("%04d", round).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
              System.arraycopy(start, 0, value, 0, start.length);
              user.add("SET", "key:" + key, value);
            }
            user.add("EXEC").flush();
          }
        });

    awaitSeen(rounds, reader);
    reading.set(false);
    reader.join();
    sites.awaitEqual(0);
  }

  @Test
  void shouldReportACatchUpThatIsTooLargeToBeOneStep() {
    sites.hub("0").client("", "group-bytes-max", "64 KiB").awaitLive();
    sites.awaitMark(0);
    sites.link().cut();
    awaitThat("nobody is served", () -> assertThat(sites.hubStatus().sessions()).isEmpty());
    var random = new Random(SEED);
    sites.atSource(
        0,
        user -> {
          for (int key = 0; key < 20_000; key++) {
            byte[] value = new byte[100];
            random.nextBytes(value);
            user.add("SET", "key:" + key, value);
            user.flushAt(1_000);
          }
        });
    sites.link().change(LinkConditions.of(8, Duration.ofMillis(10)));
    sites.link().restore();

    Set<String> clientStates = new HashSet<>();
    Set<String> hubStates = new HashSet<>();
    RedisUser target = sites.targetUser(0);
    awaitThat(
        "the catch-up is over",
        () -> {
          boolean partly = target.number("DBSIZE") > 1_000;
          boolean complete = target.number("EXISTS", "key:19999") == 1;
          String clientState = sites.clientStatus().feeds().get(0).state();
          sites.session("client").ifPresent(s -> hubStates.add(s.lanes().get(0).state()));
          if (partly && !complete) {
            clientStates.add(clientState);
          }
          assertThat(complete).isTrue();
        });
    assertThat(clientStates).containsExactly("catching-up");
    assertThat(hubStates).contains("catching-up");
    sites.awaitLive();
    sites.awaitEqual(0);
  }

  private void awaitSeen(long n, CompletableFuture<?>... running) {
    awaitAtLeast("transaction " + n + " at the target", seen, n, running);
  }

  private void awaitWritten(long n, CompletableFuture<?>... running) {
    awaitAtLeast("transaction " + n + " at the source", written, n, running);
  }

  private static void awaitAtLeast(
      String what, AtomicLong value, long n, CompletableFuture<?>... running) {
    await(what)
        .atMost(TwoSites.PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              for (CompletableFuture<?> one : running) {
                if (one.isCompletedExceptionally()) {
                  one.join();
                }
              }
              return value.get() >= n;
            });
  }
}
