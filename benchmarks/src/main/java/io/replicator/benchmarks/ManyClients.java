package io.replicator.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import io.replicator.benchmarks.FanoutRound.Delivery;
import io.replicator.benchmarks.FanoutRound.Sessions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Thousands of WebSocket clients of one hub that all want the same, beside a bare broadcaster of
 * messages of the same size. Every round starts both anew, one after the other.
 */
final class ManyClients implements Scenario {
  /** Batches a second; with {@link QuoteWriter#UPDATES} updates each. */
  private static final double SCHEDULE = 10;

  /** Files that a server has open beside its sockets, generously. */
  private static final int OTHER_FILES = 500;

  /** With fewer it is another measurement. */
  private static final int CLIENTS_MIN = 500;

  private final int clientsWanted;
  private final String kind;
  private final int seconds;
  private final int rounds;

  /**
   * @param kind websocket, or tcp for the same sessions without HTTP
   */
  ManyClients(int clients, String kind, int seconds, int rounds) {
    this.clientsWanted = clients;
    this.kind = kind;
    this.seconds = seconds;
    this.rounds = rounds;
  }

  /** All rounds of one server. */
  private static final class Series {
    final String name;
    final List<Sessions> sessions = new ArrayList<>();
    final List<Delivery> scheduled = new ArrayList<>();
    final List<Delivery> fastest = new ArrayList<>();

    Series(String name) {
      this.name = name;
    }

    Spread connect(ToDoubleFunction<Sessions> what) {
      return spread(sessions, what);
    }

    Spread scheduled(ToDoubleFunction<Delivery> what) {
      return spread(scheduled, what);
    }

    Spread fastest(ToDoubleFunction<Delivery> what) {
      return spread(fastest, what);
    }

    private static <T> Spread spread(List<T> rounds, ToDoubleFunction<T> what) {
      return Spread.of(rounds.stream().mapToDouble(what).boxed().toList());
    }
  }

  @Override
  public void run(Report report) throws IOException {
    report.line("## Many WebSocket clients");
    long filesMax =
        ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getMaxFileDescriptorCount();
    int clients = (int) Math.min(clientsWanted, filesMax - OTHER_FILES);
    while (true) {
      try {
        measure(clients, filesMax, report);
        return;
      } catch (IOException e) {
        report.line("");
        report.line("%,d clients could not be measured: %s", clients, e.getMessage());
        clients /= 2;
        if (clients < CLIENTS_MIN) {
          throw e;
        }
      }
    }
  }

  private void measure(int clients, long filesMax, Report report) throws IOException {
    report.line("");
    report.line(
        "%,d clients in one JVM, one server in another with %s, at most %,d files a process; %d of"
            + " %,d keys change every %.0f ms. %d rounds, min / median / max, %d s each.",
        clients,
        HubProcess.HEAP,
        filesMax,
        QuoteWriter.UPDATES,
        QuoteWriter.KEYS,
        1000 / SCHEDULE,
        rounds,
        seconds);
    Series hub = null;
    Series bare = null;
    for (int round = 0; round < rounds; round++) {
      try (Fanout fanout = new Fanout.OfHub(kind)) {
        hub = hub == null ? new Series(fanout.name()) : hub;
        round(fanout, clients, hub);
      }
      Delivery last = hub.scheduled.get(hub.scheduled.size() - 1);
      try (Fanout fanout = new Fanout.OfBroadcaster(last.bytesPerMessage())) {
        bare = bare == null ? new Series(fanout.name()) : bare;
        round(fanout, clients, bare);
      }
    }
    report(report, hub, bare);
  }

  private void round(Fanout fanout, int clients, Series series) throws IOException {
    try (var round = new FanoutRound(fanout, clients)) {
      series.sessions.add(round.connect());
      series.scheduled.add(round.deliver(SCHEDULE, seconds));
      series.fastest.add(round.fastest(SCHEDULE));
    }
  }

  private static void report(Report report, Series hub, Series bare) {
    report.line("");
    report.line("Idle sessions, KiB each beyond what the server takes without any:");
    report.table(
        List.of("", "heap after collection", "direct buffers", "whole process", "connecting, s"),
        List.of(idleRow(hub), idleRow(bare)));
    report.line("At the schedule:");
    report.table(
        List.of(
            "",
            "k messages/s delivered",
            "of those due",
            "lag ms p50",
            "p99",
            "max",
            "bytes each",
            "server's processors",
            "clients'",
            "server's µs a message"),
        List.of(deliveryRow(hub, hub.scheduled), deliveryRow(bare, bare.scheduled)));
    report.line("The most without falling behind:");
    report.table(
        List.of(
            "", "k messages/s delivered", "share of bare", "lag ms p99", "server's µs a message"),
        List.of(fastestRow(hub, bare), fastestRow(bare, bare)));
    report.line(
        "Delivered at the schedule, of what bare Pekko HTTP delivers (medians): **%.2f**; at the most:"
            + " **%.2f**.",
        hub.scheduled(Delivery::messagesPerSecond).median()
            / bare.scheduled(Delivery::messagesPerSecond).median(),
        hub.fastest(Delivery::messagesPerSecond).median()
            / bare.fastest(Delivery::messagesPerSecond).median());
  }

  private static List<String> idleRow(Series series) {
    return List.of(
        series.name,
        series.connect(sessions -> sessions.idle().heapBytes() / 1024.0).text("%.1f"),
        series.connect(sessions -> sessions.idle().directBytes() / 1024.0).text("%.1f"),
        series.connect(sessions -> sessions.idle().residentBytes() / 1024.0).text("%.1f"),
        series.connect(Sessions::connectSeconds).text("%.1f"));
  }

  private static List<String> deliveryRow(Series series, List<Delivery> rounds) {
    return List.of(
        series.name,
        series.scheduled(delivery -> delivery.messagesPerSecond() / 1e3).text("%.1f"),
        series.scheduled(Delivery::share).text("%.2f"),
        series.scheduled(delivery -> delivery.tally().lagP50Us() / 1e3).text("%.1f"),
        series.scheduled(delivery -> delivery.tally().lagP99Us() / 1e3).text("%.1f"),
        series.scheduled(delivery -> delivery.tally().lagMaxUs() / 1e3).text("%.1f"),
        Integer.toString(rounds.get(0).bytesPerMessage()),
        series.scheduled(Delivery::serverCores).text("%.2f"),
        series.scheduled(Delivery::crowdCores).text("%.2f"),
        series.scheduled(Delivery::cpuUsPerMessage).text("%.1f"));
  }

  private static List<String> fastestRow(Series series, Series bare) {
    return List.of(
        series.name,
        series.fastest(delivery -> delivery.messagesPerSecond() / 1e3).text("%.1f"),
        String.format(
            Locale.ROOT,
            "%.2f",
            series.fastest(Delivery::messagesPerSecond).median()
                / bare.fastest(Delivery::messagesPerSecond).median()),
        series.fastest(delivery -> delivery.tally().lagP99Us() / 1e3).text("%.1f"),
        series.fastest(Delivery::cpuUsPerMessage).text("%.1f"));
  }
}
