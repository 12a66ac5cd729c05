package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.KillArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.replicator.actors.hub.HubStatus;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Either Redis fails, stands still, refuses or forgets; the copy follows in the end. */
class RedisFaultsIT {
  private static final int KEYS = 3_000;

  private final long seed = System.nanoTime();
  private Site site;
  private RedisProcess source;
  private RedisProcess target;
  private CommandProcess hub;
  private CommandProcess client;

  @BeforeEach
  void setUp() throws Exception {
    System.out.println("seed " + seed);
    site = new Site("0");
  }

  @AfterEach
  void tearDown() throws Exception {
    site.close();
  }

  private void start(String... sourceArguments) throws Exception {
    source = site.redis(sourceArguments);
    target = site.redis();
    fill(site.commands(source, 0));
    hub = site.hub(source);
    client = site.client(target);
    site.awaitLive(1);
    site.awaitEqual(source, target, 0);
  }

  @Test
  void shouldFollowASourceThatIsKilledStandsStillAndForgets() throws Exception {
    start("--appendonly", "yes", "--appendfsync", "always");
    try (var writer = Writer.start(source, 0, seed, 300, 100)) {
      // With its data, but with another history of changes: compared, 15,000 records not sent
      // again.
      awaitWritten(writer, 200);
      long sentBefore = sent();
      source.kill();
      source.restart();
      long written = writer.written();
      awaitWritten(writer, 200);
      awaitStreaming();
      awaitCaughtUp();
      assertThat(sent() - sentBefore)
          .as("records sent")
          .isBetween(1L, 3 * (writer.written() - written) + 1_000);
      Signals.send("STOP", source.pid());
      LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
      Signals.send("CONT", source.pid());
      awaitWritten(writer, 200);
    }
    site.awaitEqual(source, target, 0);

    site.commands(source, 0).configSet("appendonly", "no");
    try (var files = java.nio.file.Files.walk(source.directory())) {
      files
          .filter(file -> file.toString().contains("appendonly"))
          .sorted(java.util.Comparator.reverseOrder())
          .forEach(file -> file.toFile().delete());
    }
    source.kill();
    source.restart();
    RedisCommands<String, String> commands = site.commands(source, 0);
    assertThat(commands.dbsize()).isZero();
    commands.set("after", "the flood");
    site.awaitEqual(source, target, 0);
    assertThat(hub.isAlive()).isTrue();
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldMendATargetThatIsKilledRefusesAndForgets() throws Exception {
    start();
    RedisCommands<String, String> commands = site.commands(target, 0);
    try (var writer = Writer.start(source, 0, seed, 300, 100)) {
      awaitWritten(writer, 100);
      commands.configSet("maxmemory", "1");
      awaitWritten(writer, 300);
      client.awaitLog("OOM");
      commands.configSet("maxmemory", "0");
      awaitCaughtUp();

      commands.replicaof("127.0.0.1", Site.freePort());
      awaitWritten(writer, 300);
      commands.replicaofNoOne();
      awaitCaughtUp();
      assertThat(client.err()).doesNotContain("loaded anew");

      // Its cursor is gone with its data.
      target.kill();
      target.restart();
      awaitWritten(writer, 100);
      awaitCaughtUp();
    }
    site.awaitEqual(source, target, 0);
    assertThat(commands.dbsize()).isGreaterThan(KEYS);
    assertThat(client.isAlive()).isTrue();
  }

  @Test
  void shouldNeverShowAHoleWhenAHubBeginsANewEpoch() throws Exception {
    start();
    RedisCommands<String, String> changing = site.commands(source, 0);
    hub.kill();
    changing.del("key:1", "key:2", "hash:3");
    changing.set("key:4", "changed meanwhile");
    changing.del("hash:5");
    changing.rpush("hash:5", "of another type now");
    site.commands(target, 0).set("stray", "nobody knows why");
    site.forgetStore();
    var holes = new AtomicLong();
    var looks = new AtomicLong();
    var looking = new AtomicBoolean(true);
    RedisCommands<String, String> reader = site.commands(target, 0);
    var thread =
        new Thread(
            () -> {
              while (looking.get()) {
                boolean whole =
                    reader.dbsize() >= 2 * KEYS - 3
                        && reader.get("key:0") != null
                        && reader.get("key:" + (KEYS - 1)) != null
                        && reader.hlen("hash:7") == 3
                        && reader.exists("key:4", "hash:5") == 2;
                looks.incrementAndGet();
                if (!whole) {
                  holes.incrementAndGet();
                }
              }
            },
            "reader");
    thread.setDaemon(true);
    thread.start();
    hub = site.hub(source);
    site.awaitLive(1);
    site.awaitEqual(source, target, 0);
    looking.set(false);
    thread.join(10_000);
    assertThat(looks.get()).isGreaterThan(100);
    assertThat(holes.get()).isZero();
    assertThat(client.err()).contains("loaded anew");
  }

  @Test
  void shouldSendOnlyWhatDiffersAfterAFullResynchronisation() throws Exception {
    start("--repl-backlog-size", "16kb");
    RedisCommands<String, String> commands = site.commands(source, 0);
    long headBefore = head();
    long sentBefore = sent();
    hub.pause();
    commands.clientKill(KillArgs.Builder.typeSlave());
    // More than the backlog holds, and nothing new.
    Map<String, String> same = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      same.put("key:" + i, value(i));
    }
    commands.mset(same);
    commands.mset(same);
    for (int i = 0; i < 10; i++) {
      commands.set("key:" + i, "changed");
    }
    commands.del("key:20", "key:21", "hash:22", "hash:23", "hash:24");
    hub.resume();
    Awaitility.await("a snapshot was loaded again")
        .atMost(Site.PATIENCE)
        .until(() -> hub.err().split("loads a snapshot", -1).length == 3);
    awaitStreaming();
    site.awaitEqual(source, target, 0);
    assertThat(head() - headBefore).as("versions").isBetween(15L, 60L);
    assertThat(sent() - sentBefore).as("records sent").isBetween(15L, 60L);
  }

  private static void fill(RedisCommands<String, String> commands) {
    Map<String, String> strings = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      strings.put("key:" + i, value(i));
    }
    commands.mset(strings);
    commands.eval(
        "for i = 0, "
            + (KEYS - 1)
            + " do redis.call('HSET', 'hash:' .. i, 'a', i, 'b', 2, 'c', 3) end",
        io.lettuce.core.ScriptOutputType.STATUS);
  }

  private static String value(int i) {
    return "value " + i + " " + "x".repeat(40);
  }

  private static void awaitWritten(Writer writer, long more) {
    long from = writer.written();
    Awaitility.await("writer goes on")
        .atMost(Site.PATIENCE)
        .until(() -> writer.written() >= from + more);
  }

  private void awaitStreaming() {
    Awaitility.await("source followed")
        .atMost(Site.PATIENCE)
        .until(
            () ->
                site.status()
                    .map(status -> status.sources().get(0).state())
                    .filter(SourceStatus.State.STREAMING::equals)
                    .isPresent());
  }

  /** The client follows, what the writer does now arrives. */
  private void awaitCaughtUp() {
    long head = head();
    Awaitility.await("caught up")
        .atMost(Site.PATIENCE)
        .until(
            () ->
                site.lanes().size() == 1
                    && site.lanes().get(0).state().equals("live")
                    && site.lanes().get(0).cursor() >= head);
  }

  private long head() {
    return site.status().map(HubStatus::databases).orElseThrow().get(0).head();
  }

  /** In the session under way. */
  private long sent() {
    return site.lanes().stream().mapToLong(LaneStatus::records).sum();
  }
}
