package io.replicator.replication;

import static io.replicator.replication.SimulatedLink.MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class InFlightWindowTest {
  private static final long CEILING = 64 << 20;
  private static final long QUEUE_TARGET_NS = 20 * MS;
  private static final double MEGABIT = 125_000;

  private final InFlightWindow window = new InFlightWindow(CEILING, QUEUE_TARGET_NS);

  @Test
  void shouldSettleWhereANarrowLinkIsFullAndItsQueueShort() {
    var link = new SimulatedLink(window, MEGABIT, 80, 1);
    link.saturate(5_000);
    link.saturate(4_000);
    assertThat(window.windowBytes()).isBetween(10_000L, 15_000L);
    assertThat(link.deliveredBytesPerSecond(4_000)).isGreaterThan(0.95 * MEGABIT);
    assertThat(link.queueDelayMaxNs).isLessThan(40 * MS);
    assertThat(window.minRttMs()).isBetween(80.0, 95.0);
    assertThat(window.deliveryBytesPerSecond()).isBetween(115_000L, 135_000L);
  }

  @Test
  void shouldNeverMakeAnUrgentChunkWaitForMoreThanTheFirstWindow() {
    var link = new SimulatedLink(window, MEGABIT, 80, 1);
    link.saturate(60_000);
    assertThat(link.queueDelayMaxNs).isLessThan(16 * 1024 * 1_000 / 125 * MS / 1_000);
    assertThat(link.deliveredBytesPerSecond(60_000)).isGreaterThan(0.95 * MEGABIT);
  }

  @Test
  void shouldFillAFatLinkWithinASecond() {
    var link = new SimulatedLink(window, 100 * MEGABIT, 80, 1);
    link.saturate(1_000);
    link.saturate(5_000);
    assertThat(link.deliveredBytesPerSecond(5_000)).isGreaterThan(0.95 * 100 * MEGABIT);
    assertThat(window.windowBytes()).isLessThan((long) (100 * MEGABIT * 0.2));
  }

  @Test
  void shouldNotThrottleAReceiverOnTheSameMachineThatDrainsInBursts() {
    var link = new SimulatedLink(window, 500e6, 0, 1);
    link.chunkBytes = 16 * 1024;
    link.oneWayDelayNs = 20_000;
    link.ackEveryNs = MS;
    link.ackJitterNs = MS;
    link.saturate(1_000);
    assertThat(window.windowBytes()).isGreaterThan(8 << 20);
    link.saturate(1_000);
    assertThat(link.deliveredBytesPerSecond(1_000)).isGreaterThan(0.95 * 500e6);
  }

  @Test
  void shouldNotForgetTheRateWhileItProbesForTheRoundTrip() {
    var link = new SimulatedLink(window, 500e6, 0, 1);
    link.chunkBytes = 64 * 1024;
    link.oneWayDelayNs = 20_000;
    link.saturate(2_000);
    long before = window.windowBytes();
    for (int i = 0; i < 100; i++) {
      link.saturate(100);
      boolean probing = window.windowBytes() == InFlightWindow.FLOOR_BYTES;
      assertThat(probing || window.windowBytes() > before * 8 / 10).isTrue();
    }
  }

  @Test
  void shouldFollowALinkThatBecomesTenTimesFaster() {
    var link = new SimulatedLink(window, MEGABIT, 80, 1);
    link.saturate(5_000);
    link.bytesPerSecond = 10 * MEGABIT;
    link.saturate(1_000);
    link.saturate(4_000);
    assertThat(link.deliveredBytesPerSecond(4_000)).isGreaterThan(0.95 * 10 * MEGABIT);
  }

  @Test
  void shouldFollowALinkThatBecomesTenTimesSlower() {
    var link = new SimulatedLink(window, 10 * MEGABIT, 80, 1);
    link.saturate(5_000);
    link.bytesPerSecond = MEGABIT;
    link.saturate(4_000);
    link.saturate(4_000);
    assertThat(link.queueDelayMaxNs).isLessThan(100 * MS); // when a probe ends
    assertThat(link.deliveredBytesPerSecond(4_000)).isGreaterThan(0.9 * MEGABIT);
  }

  @Test
  void shouldFollowAPathThatBecomesLonger() {
    var link = new SimulatedLink(window, 10 * MEGABIT, 20, 1);
    link.saturate(5_000);
    link.oneWayDelayNs = 150 * MS;
    link.saturate(8_000);
    link.saturate(8_000);
    assertThat(link.deliveredBytesPerSecond(8_000)).isGreaterThan(0.85 * 10 * MEGABIT);
    assertThat(window.minRttMs()).isGreaterThan(290);
  }

  @Test
  void shouldFollowAPathThatBecomesShorter() {
    var link = new SimulatedLink(window, 10 * MEGABIT, 300, 1);
    link.saturate(5_000);
    link.oneWayDelayNs = 10 * MS;
    link.saturate(11_000); // as long as a smallest round trip counts
    link.saturate(4_000);
    assertThat(window.minRttMs()).isLessThan(30);
    assertThat(link.queueDelayMaxNs).isLessThan(45 * MS);
    assertThat(link.deliveredBytesPerSecond(4_000)).isGreaterThan(0.95 * 10 * MEGABIT);
  }

  @Test
  void shouldKeepTheLinkFullWhenAcknowledgementsComeInBursts() {
    var link = new SimulatedLink(window, 10 * MEGABIT, 40, 1);
    link.ackEveryNs = 15 * MS;
    link.ackJitterNs = 3 * MS;
    link.saturate(2_000);
    link.saturate(20_000);
    assertThat(link.deliveredBytesPerSecond(20_000)).isGreaterThan(0.9 * 10 * MEGABIT);
    assertThat(link.queueDelayMaxNs).isLessThan(80 * MS);
  }

  @Test
  void shouldProbeForTheSmallestRoundTripOnlyWhenBusyAllTheTime() {
    var busy = new SimulatedLink(window, 10 * MEGABIT, 80, 1);
    busy.saturate(25_000);
    assertThat(busy.windowMin).isEqualTo(InFlightWindow.FLOOR_BYTES);
    assertThat(busy.deliveredBytesPerSecond(25_000)).isGreaterThan(0.95 * 10 * MEGABIT);

    var idling =
        new SimulatedLink(new InFlightWindow(CEILING, QUEUE_TARGET_NS), 10 * MEGABIT, 80, 1);
    idling.saturate(2_000);
    for (int i = 0; i < 20; i++) {
      idling.idle(500);
      idling.saturate(1_500);
      assertThat(idling.windowMin).isGreaterThan(50_000);
    }
  }

  @Test
  void shouldNotTakeAShortageOfWorkForASlowLink() {
    var link = new SimulatedLink(window, 10 * MEGABIT, 80, 1);
    link.saturate(3_000);
    long before = window.windowBytes();
    link.trickle(8_000, 500, 50);
    assertThat(window.windowBytes()).isGreaterThan(before * 8 / 10);
  }

  @Test
  void shouldBeginSmallAgainAfterALongSilence() {
    var link = new SimulatedLink(window, 100 * MEGABIT, 80, 1);
    link.saturate(3_000);
    link.trickle(15_000, 100, 5_000);
    link.bytesPerSecond = MEGABIT;
    link.saturate(2_000);
    assertThat(link.queueDelayMaxNs).isLessThan(200 * MS);
  }

  @Test
  void shouldStayAtTheFloorOnALinkThatIsSlowerStill() {
    var link = new SimulatedLink(window, 2_000, 50, 1);
    link.saturate(60_000);
    assertThat(link.windowMin).isGreaterThanOrEqualTo(InFlightWindow.FLOOR_BYTES);
    link.saturate(60_000);
    assertThat(window.windowBytes()).isLessThan(3 * InFlightWindow.FLOOR_BYTES);
    assertThat(link.deliveredBytesPerSecond(60_000)).isGreaterThan(1_900);
  }

  @Test
  void shouldNotExceedItsCeiling() {
    var narrow = new InFlightWindow(100_000, QUEUE_TARGET_NS);
    var link = new SimulatedLink(narrow, 100 * MEGABIT, 80, 1);
    link.saturate(3_000);
    assertThat(narrow.windowBytes()).isEqualTo(100_000);
  }

  @Test
  void shouldRefuseAcknowledgementsOfWhatWasNotSentOrGoBack() {
    window.sent(1000, MS, false);
    assertThatThrownBy(() -> window.acked(1001, 2 * MS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1001 bytes acknowledged, allowed are 0 to 1000");
    window.acked(600, 2 * MS);
    assertThatThrownBy(() -> window.acked(500, 3 * MS))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> window.sent(900, 3 * MS, false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(window.inFlightBytes()).isEqualTo(400);
  }
}
