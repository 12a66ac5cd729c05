package io.replicator.replication;

import static io.replicator.replication.SimulatedLink.MS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class InFlightWindowPropertyTest {
  /** Also with clocks that jump, acknowledgements of any size, and nothing to send for hours. */
  @Property(tries = 300)
  void staysWithinItsBoundsWhateverHappens(
      @ForAll long seed, @ForAll @IntRange(min = 4_096, max = 1 << 24) int ceiling) {
    var random = new Random(seed);
    var window = new InFlightWindow(ceiling, 20 * MS);
    long nowNs = random.nextLong();
    long sent = 0;
    long received = 0;
    for (int i = 0; i < 3_000; i++) {
      nowNs += random.nextInt(100) == 0 ? random.nextLong(30_000 * MS) : random.nextLong(5 * MS);
      if (random.nextBoolean()) {
        sent += random.nextInt(1 + (int) Math.min(65_536, window.available()));
        window.sent(sent, nowNs, random.nextInt(4) == 0);
      } else {
        received += random.nextLong(sent - received + 1);
        window.acked(received, nowNs);
      }
      assertThat(window.inFlightBytes()).isEqualTo(sent - received);
      assertThat(window.windowBytes()).isBetween(InFlightWindow.FLOOR_BYTES, (long) ceiling);
      assertThat(window.minRttMs()).isNotNegative();
      if (sent == received) {
        assertThat(window.available()).isPositive();
      }
    }
  }

  /** From 50 kB/s to 125 MB/s and 1 to 300 ms, with acknowledgements late and in bursts. */
  @Property(tries = 60)
  void fillsAnyLinkWithAShortQueue(
      @ForAll @IntRange(min = 0, max = 34) int rateStep,
      @ForAll @IntRange(min = 1, max = 300) int rttMs,
      @ForAll @IntRange(min = 0, max = 4) int jitterMs,
      @ForAll long seed) {
    double bytesPerSecond = 50_000 * Math.pow(10, rateStep / 10.0);
    var window = new InFlightWindow(64 << 20, 20 * MS);
    var link = new SimulatedLink(window, bytesPerSecond, rttMs, seed);
    link.chunkBytes = (int) Math.max(1024, Math.min(65_536, bytesPerSecond / 1_000));
    link.ackJitterNs = jitterMs * MS;
    link.saturate(8_000);
    link.saturate(1_500);
    assertThat(link.deliveredBytesPerSecond(1_500)).isGreaterThan(0.85 * bytesPerSecond);
    double floorMs = 1_000 * 2 * InFlightWindow.FLOOR_BYTES / bytesPerSecond;
    assertThat(link.queueDelayMaxNs / (double) MS).isLessThan(60 + floorMs);
  }

  @Property(tries = 100)
  void remembersEveryByteExactlyThoughOnlySoManyRecords(@ForAll long seed) {
    var random = new Random(seed);
    var records = new SentRecords(16);
    long sent = 0;
    long received = 0;
    for (int i = 0; i < 1_000; i++) {
      if (random.nextInt(3) > 0) {
        sent += 1 + random.nextInt(100);
        records.add(sent, sent * 10, 0, received, 0, false, false, false);
        assertThat(records.size()).isBetween(1, 16);
      } else if (sent > received) {
        received += 1 + random.nextLong(sent - received);
        if (records.removeUpTo(received)) {
          assertThat(records.sentAtNs).isLessThanOrEqualTo(received * 10);
        }
        if (received == sent) {
          assertThat(records.size()).isZero();
          assertThat(records.sentAtNs).as("the newest is never forgotten").isEqualTo(sent * 10);
        }
      }
    }
  }
}
