package io.replicator.benchmarks;

import io.replicator.benchmarks.child.ChildProcess;
import io.replicator.benchmarks.child.Footprint;
import io.replicator.benchmarks.crowd.Crowd;
import io.replicator.benchmarks.crowd.CrowdTally;
import java.io.IOException;
import java.util.List;

/**
 * What one server does for a crowd: connected and idle, at the schedule, and as fast as it can.
 *
 * <pre>
 *   empty ──connect──▶ idle ──schedule──▶ quiet ──rate up, rate up …──▶ behind
 * </pre>
 */
final class FanoutRound implements AutoCloseable {
  /** Of a crowd, evenly: enough for percentiles, too few to matter. */
  private static final int LOOKING = 200;

  private static final int FIRST = 100;

  private static final int QUIET_MS = 1_000;
  private static final double WARM_UP_SECONDS = 10;
  private static final double STEP_WARM_UP_SECONDS = 2;
  private static final double STEP_SECONDS = 6;

  /** Less than this share of what was sent is falling behind. */
  private static final double SUSTAINED = 0.98;

  private static final double FASTER = 1.25;

  private final Fanout fanout;
  private final int clients;
  private final ChildProcess crowd;

  /**
   * @param connectSeconds until every client was connected and had its subscription
   * @param idle bytes for each session: heap after a collection, direct buffers, the whole process
   */
  record Sessions(double connectSeconds, Footprint idle) {}

  /**
   * @param sent messages, each to every client
   * @param seconds in which they were sent
   * @param tally of what came, until nothing came any more
   * @param serverCpuNs and {@code crowdCpuNs}: processor time spent
   */
  record Delivery(
      double perSecond,
      long sent,
      double seconds,
      CrowdTally tally,
      long serverCpuNs,
      long crowdCpuNs) {
    /** Until the last message came, which is later where the server fell behind. */
    private double deliverySeconds() {
      return Math.max(seconds, tally.lastSeconds());
    }

    double messagesPerSecond() {
      return tally.messages() / deliverySeconds();
    }

    /** Of the messages that were due, as many as came in time: 1 is all. */
    double share() {
      return messagesPerSecond() / (sent / seconds * tally.members());
    }

    boolean sustained() {
      return share() >= SUSTAINED;
    }

    double serverCores() {
      return serverCpuNs / 1e9 / deliverySeconds();
    }

    double crowdCores() {
      return crowdCpuNs / 1e9 / deliverySeconds();
    }

    double cpuUsPerMessage() {
      return serverCpuNs / 1e3 / tally.messages();
    }

    int bytesPerMessage() {
      return (int) (tally.bytes() / tally.messages());
    }
  }

  FanoutRound(Fanout fanout, int clients) throws IOException {
    this.fanout = fanout;
    this.clients = clients;
    this.crowd = ChildProcess.start(Crowd.class, List.of("-Xmx1g", "-XX:+UseSerialGC"), List.of());
  }

  /** Connects everybody, a few before: they make the server load what it needs once. */
  Sessions connect() throws IOException {
    open(FIRST);
    awaitQuiet();
    Footprint without = fanout.server().collectedFootprint();
    int rest = clients - FIRST;
    Crowd.Opened opened = open(rest);
    awaitQuiet();
    Footprint with = fanout.server().collectedFootprint();
    return new Sessions(
        opened.seconds(),
        new Footprint(
            with.cpuNs() - without.cpuNs(),
            (with.heapBytes() - without.heapBytes()) / rest,
            (with.directBytes() - without.directBytes()) / rest,
            (with.residentBytes() - without.residentBytes()) / rest));
  }

  private Crowd.Opened open(int count) throws IOException {
    return crowd.call(
        Crowd.Opened.class,
        "open",
        fanout.port(),
        fanout.kind(),
        count,
        LOOKING * count / clients,
        "0");
  }

  /** Sends at one rate. */
  Delivery deliver(double perSecond, double seconds) throws IOException {
    return deliver(perSecond, WARM_UP_SECONDS, seconds);
  }

  /** The most that the server delivers without falling behind; null where {@code from} is more. */
  Delivery fastest(double from) throws IOException {
    Delivery best = null;
    double perSecond = from;
    Delivery delivery = deliver(perSecond, STEP_WARM_UP_SECONDS, STEP_SECONDS);
    if (delivery.sustained()) {
      while (delivery.sustained()) {
        best = delivery;
        perSecond *= FASTER;
        delivery = deliver(perSecond, STEP_WARM_UP_SECONDS, STEP_SECONDS);
      }
    } else {
      while (!delivery.sustained() && perSecond > 1) {
        perSecond /= FASTER;
        delivery = deliver(perSecond, STEP_WARM_UP_SECONDS, STEP_SECONDS);
      }
      best = delivery;
    }
    return best;
  }

  private Delivery deliver(double perSecond, double warmUpSeconds, double seconds)
      throws IOException {
    fanout.send(perSecond, warmUpSeconds);
    awaitQuiet();
    tally();
    Footprint serverBefore = fanout.server().footprint();
    Footprint crowdBefore = crowd.footprint();
    long startNs = System.nanoTime();
    long sent = fanout.send(perSecond, seconds);
    double sendSeconds = Waiting.secondsSince(startNs);
    awaitQuiet();
    CrowdTally tally = tally();
    Footprint serverAfter = fanout.server().footprint();
    Footprint crowdAfter = crowd.footprint();
    if (tally.messages() == 0) {
      throw new IOException(fanout.name() + " delivered nothing");
    }
    fanout.check(crowd, tally.looking());
    return new Delivery(
        perSecond,
        sent,
        sendSeconds,
        tally,
        serverAfter.cpuNs() - serverBefore.cpuNs(),
        crowdAfter.cpuNs() - crowdBefore.cpuNs());
  }

  private CrowdTally tally() throws IOException {
    CrowdTally tally = crowd.call(CrowdTally.class, "tally");
    if (tally.lost() > 0) {
      throw new IOException(
          fanout.name() + " lost " + tally.lost() + " clients, the first: " + tally.firstLoss());
    }
    return tally;
  }

  private void awaitQuiet() throws IOException {
    crowd.call(Boolean.class, "quiet", QUIET_MS);
  }

  @Override
  public void close() {
    crowd.close();
  }
}
