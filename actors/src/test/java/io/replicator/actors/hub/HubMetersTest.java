package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.streams.send.SessionStatus;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HubMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final HubMeters meters = new HubMeters(registry);

  @Test
  void shouldCountSessionsByState() {
    meters.update(
        status(
            SessionStatuses.stalled(1), SessionStatuses.live(2, 10), SessionStatuses.live(3, 20)));

    assertThat(sessions("stalled")).isEqualTo(1);
    assertThat(sessions("live")).isEqualTo(2);
    assertThat(sessions("behind")).isZero();
  }

  @Test
  void shouldTellTheLagOfALaneByPercentiles() {
    meters.update(
        status(
            LongStream.rangeClosed(1, 100)
                .mapToObj(i -> SessionStatuses.live(i, i))
                .toArray(SessionStatus[]::new)));

    assertThat(registry.get("replicator.lanes.lag.ms.p50").gauge().value()).isEqualTo(50);
    assertThat(registry.get("replicator.lanes.lag.ms.p99").gauge().value()).isEqualTo(99);
    assertThat(registry.get("replicator.lanes.lag.ms.max").gauge().value()).isEqualTo(100);
    assertThat(registry.get("replicator.lanes").tag("state", "live").gauge().value())
        .isEqualTo(100);
  }

  @Test
  void shouldHaveAsManyMetersForThousandsOfSessionsAsForOne() {
    meters.update(status(SessionStatuses.live(1, 5)));
    int forOne = registry.getMeters().size();

    meters.update(
        status(
            LongStream.rangeClosed(1, 5_000)
                .mapToObj(i -> SessionStatuses.live(i, 5))
                .toArray(SessionStatus[]::new)));

    assertThat(registry.getMeters()).hasSize(forOne);
  }

  @Test
  void shouldFollowWhatOnlyGrowsWithOneCounter() {
    meters.update(status(SessionStatuses.live(1, 5)));
    FunctionCounter wire = registry.get("replicator.lanes.wire.bytes").functionCounter();
    assertThat(wire.count()).isEqualTo(SessionStatuses.WIRE_BYTES);

    meters.update(status(SessionStatuses.live(1, 5), SessionStatuses.live(2, 5)));

    assertThat(registry.get("replicator.lanes.wire.bytes").functionCounter()).isSameAs(wire);
    assertThat(wire.count()).isEqualTo(2 * SessionStatuses.WIRE_BYTES);
  }

  private double sessions(String state) {
    return registry.get("replicator.sessions").tag("state", state).gauge().value();
  }

  private static HubStatus status(SessionStatus... sessions) {
    SessionTotals totals = new SessionSums().totals(Arrays.asList(sessions), sessions.length);
    return new HubStatus(
        "hub",
        "epoch",
        "test:3333",
        0,
        0,
        List.of(),
        List.of(),
        List.of(),
        sessions.length,
        totals);
  }
}
