package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.streams.send.LaneStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a change within a large collection costs does not depend on how large it is. */
final class LargeHashIT {
  private static final int FIELDS = 1_000_000;
  private static final long ONE_FIELD_BYTES_MAX = 300;

  private final TwoSites sites = TwoSites.start();

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @Test
  void shouldSendOneFieldOfAMillionAndDropAllOfThemCheaply() {
    RedisUser source = sites.sourceUser(0);
    fill(source, "hash", FIELDS / 2);
    sites.hub("0").client("").awaitLive();
    // One half by the load, the other by updates.
    fill(source, "hash", FIELDS);
    sites.awaitEqual(0);
    RedisUser target = sites.targetUser(0);
    assertThat(target.number("HLEN", "hash")).isEqualTo(FIELDS);

    LaneStatus before = sites.lane("0");
    source.call("HSET", "hash", "f" + FIELDS / 3, "changed");
    awaitThat(
        "the field",
        () -> assertThat(target.text("HGET", "hash", "f" + FIELDS / 3)).isEqualTo("changed"));
    before = assertSent(before, 1);

    source.call("HDEL", "hash", "f77");
    awaitThat("no field", () -> assertThat(target.number("HEXISTS", "hash", "f77")).isZero());
    before = assertSent(before, 1);

    source.call("PEXPIRE", "hash", 100_000_000);
    awaitThat("expiry", () -> assertThat(target.number("PTTL", "hash")).isPositive());
    before = assertSent(before, 1);

    source.add("MULTI").add("DEL", "hash").add("HSET", "hash", "only", "1").add("EXEC").flush();
    awaitThat("replaced", () -> assertThat(target.number("HLEN", "hash")).isOne());
    assertSent(before, 2);

    fill(source, "other", 100_000);
    sites.awaitMark(0);
    before = sites.lane("0");
    source.call("DEL", "other");
    awaitThat("deleted", () -> assertThat(target.number("EXISTS", "other")).isZero());
    assertSent(before, 1);
    sites.awaitEqual(0);
  }

  private LaneStatus assertSent(LaneStatus before, int recordsMax) {
    LaneStatus now = sites.lane("0");
    assertThat(now.records() - before.records()).isBetween(1L, (long) recordsMax);
    assertThat(now.wireBytes() - before.wireBytes()).isBetween(1L, ONE_FIELD_BYTES_MAX);
    return now;
  }

  /** The fields up to {@code upTo} of those that {@code key} does not have. */
  private static void fill(RedisUser user, String key, int upTo) {
    int perCommand = 500;
    for (int from = (int) user.number("HLEN", key); from < upTo; from += perCommand) {
      Object[] command = new Object[2 + 2 * perCommand];
      command[0] = "HSET";
      command[1] = key;
      for (int i = 0; i < perCommand; i++) {
        command[2 + 2 * i] = "f" + (from + i);
        command[3 + 2 * i] = "value " + (from + i);
      }
      user.add(command);
      user.flushAt(100);
    }
    user.flush();
  }
}
