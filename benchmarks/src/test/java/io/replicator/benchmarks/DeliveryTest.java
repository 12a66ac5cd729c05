package io.replicator.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.replicator.benchmarks.FanoutRound.Delivery;
import io.replicator.benchmarks.crowd.CrowdTally;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What counts as delivered, and as keeping up: 100 messages to each of 10 clients in 10 s. */
class DeliveryTest {
  private static final Offset<Double> NEARLY = within(1e-9);

  @Test
  void shouldBeSustainedWhereEverythingCameInTime() {
    Delivery delivery = delivery(1_000, 9.95);

    assertThat(delivery.messagesPerSecond()).isEqualTo(100, NEARLY);
    assertThat(delivery.share()).isEqualTo(1, NEARLY);
    assertThat(delivery.sustained()).isTrue();
  }

  @Test
  void shouldNotBeSustainedWhereEverythingCameLate() {
    Delivery delivery = delivery(1_000, 12.5);

    assertThat(delivery.messagesPerSecond()).isEqualTo(80, NEARLY);
    assertThat(delivery.share()).isEqualTo(0.8, NEARLY);
    assertThat(delivery.sustained()).isFalse();
  }

  @Test
  void shouldNotBeSustainedWhereMessagesWereMerged() {
    Delivery delivery = delivery(900, 9.95);

    assertThat(delivery.share()).isEqualTo(0.9, NEARLY);
    assertThat(delivery.sustained()).isFalse();
  }

  @Test
  void shouldCountProcessorTimeByMessage() {
    assertThat(delivery(1_000, 9.95).cpuUsPerMessage()).isEqualTo(5_000, NEARLY);
    assertThat(delivery(1_000, 9.95).serverCores()).isEqualTo(0.5, NEARLY);
  }

  private static Delivery delivery(long messages, double lastSeconds) {
    var tally = new CrowdTally(11, lastSeconds, 10, 0, 0, "", messages, messages * 100, 0, 0, 0, 0);
    return new Delivery(10, 100, 10, tally, 5_000_000_000L, 0);
  }
}
