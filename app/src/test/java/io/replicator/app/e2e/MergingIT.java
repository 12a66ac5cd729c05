package io.replicator.app.e2e;

import static io.replicator.app.e2e.TwoSites.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.testkit.LinkConditions;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The slower a link, the more is merged: what nobody could receive in time is never sent. */
final class MergingIT {
  private static final int KEYS = 1_000;
  private static final int UPDATES = 100;

  private final TwoSites sites = TwoSites.start();

  @BeforeEach
  void follow() {
    sites.atSource(0, user -> update(user, 0));
    // Of two ends that hear nothing from each other, neither gives up while the test lasts.
    sites.hub("0", LinkConditions.UNLIMITED, "session.heartbeat-interval", "60 s");
    sites.client("").awaitLive();
    sites.awaitMark(0);
  }

  @AfterEach
  void close() throws Exception {
    sites.close();
  }

  @Test
  void shouldSendEachKeyOnceAfterALinkThatWasCut() {
    sites.link().cut();
    awaitThat("nobody is served", () -> assertThat(sites.hubStatus().sessions()).isEmpty());
    updateAll();

    sites.link().restore();

    awaitLast();
    assertThat(sites.lane("0").records()).isBetween(1L, (long) KEYS);
    awaitThat(
        "the client's count",
        () -> assertThat(sites.clientStatus().feeds().get(0).records()).isEqualTo(KEYS));
    sites.awaitEqual(0);
  }

  @Test
  void shouldSendEachKeyOnceAfterALinkThatWasStalled() {
    sites.link().stall();
    // Something must be on its way for the hub to notice that nothing arrives.
    sites.atSource(0, user -> user.call("SET", "probe", "1"));
    awaitThat(
        "the hub notices",
        () -> assertThat(sites.session("client").orElseThrow().state()).isEqualTo("stalled"));
    long sentBefore = sites.lane("0").records();
    long connectedAtMs = sites.session("client").orElseThrow().connectedAtMs();
    updateAll();
    assertThat(sites.lane("0").records()).isEqualTo(sentBefore);

    sites.link().restore();

    awaitLast();
    assertThat(sites.session("client").orElseThrow().connectedAtMs()).isEqualTo(connectedAtMs);
    assertThat(sites.lane("0").records() - sentBefore).isBetween(1L, (long) KEYS);
    assertThat(sites.lane("0").changesMerged()).isGreaterThan((long) KEYS * (UPDATES - 2));
    sites.awaitEqual(0);
  }

  @Test
  void shouldSendLittleMoreThanEachKeyOnceWhenTheLinkStallsUnderLoad() {
    sites.link().change(LinkConditions.of(4, Duration.ofMillis(40)));
    sites.atSource(
        0,
        user -> {
          for (int n = 1; n <= UPDATES; n++) {
            update(user, n);
            if (n == UPDATES / 4) {
              sites.link().stall();
            }
          }
        });
    awaitCaptured(UPDATES);
    awaitThat(
        "the hub notices",
        () -> assertThat(sites.session("client").orElseThrow().state()).isEqualTo("stalled"));
    // Sent, or begun to be sent, before anybody could know.
    long begun = sites.lane("0").records();

    sites.link().restore();

    awaitLast();
    // One block more may have been read ahead.
    assertThat(sites.lane("0").records() - begun).isLessThanOrEqualTo(2L * KEYS);
    sites.awaitEqual(0);
  }

  private void updateAll() {
    sites.atSource(
        0,
        user -> {
          for (int n = 1; n <= UPDATES; n++) {
            update(user, n);
          }
        });
    awaitCaptured(UPDATES);
  }

  private static void update(RedisUser user, int n) {
    for (int key = 0; key < KEYS; key++) {
      user.add("SET", "key:" + key, "update " + n);
    }
    user.flush();
  }

  private void awaitCaptured(int updates) {
    awaitThat(
        "the hub has all of it",
        () ->
            assertThat(sites.databaseStatus("0").head())
                .isGreaterThanOrEqualTo((long) KEYS * (updates + 1)));
  }

  private void awaitLast() {
    sites.atTarget(
        0,
        user ->
            awaitThat(
                "the last update",
                () -> {
                  assertThat(user.text("GET", "key:" + (KEYS - 1))).isEqualTo("update " + UPDATES);
                  assertThat(sites.lane("0").state()).isEqualTo("live");
                }));
  }
}
