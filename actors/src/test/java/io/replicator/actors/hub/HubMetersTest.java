package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HubMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final HubMeters meters = new HubMeters(registry);

  @Test
  void shouldFollowALaneWithoutRegisteringItAgain() {
    meters.update(status(session(1, "running", 5)));
    Gauge before = cursor(1);
    assertThat(before.value()).isEqualTo(5);

    meters.update(status(session(1, "stalled", 7)));

    assertThat(cursor(1)).isSameAs(before);
    assertThat(before.value()).isEqualTo(7);
    assertThat(registry.get("replicator.session.stalled").gauge().value()).isEqualTo(1);
  }

  @Test
  void shouldForgetASessionThatHasEnded() {
    meters.update(status(session(1, "running", 5), session(2, "running", 6)));

    meters.update(status(session(2, "running", 6)));
    assertThat(registry.find("replicator.lane.cursor").gauges()).hasSize(1);
    assertThat(cursor(2).value()).isEqualTo(6);

    meters.update(status());
    assertThat(registry.getMeters()).isEmpty();
  }

  private Gauge cursor(long session) {
    return registry
        .get("replicator.lane.cursor")
        .tag("session", Long.toString(session))
        .tag("database", "0")
        .gauge();
  }

  private static SessionStatus session(long id, String state, long cursor) {
    var lane =
        new LaneStatus(
            "0", "realtime", List.of("*"), "live", cursor, 9, 9 - cursor, 0, 1, 0, 0, 10, 5, 6);
    return new SessionStatus(id, "client", "test:1", state, 0, 4096, 0, 1.5, 0, List.of(lane));
  }

  private static HubStatus status(SessionStatus... sessions) {
    return new HubStatus(
        "hub", "epoch", "test:3333", 0, List.of(), List.of(), Arrays.asList(sessions));
  }
}
