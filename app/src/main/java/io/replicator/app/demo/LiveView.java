package io.replicator.app.demo;

import io.replicator.actors.hub.HubStatus;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Logs;
import io.replicator.app.process.Termination;
import io.replicator.app.text.Table;
import io.replicator.app.text.Units;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp.Capability;

/**
 * A page on the terminal, redrawn twice a second: sessions, lanes, lag, rates, bytes saved. The key
 * q, or Ctrl-C, ends it; the terminal is then as it was before.
 */
final class LiveView implements LiveOutput {
  private static final long REDRAW_MS = 500;

  private final DemoSites sites;

  LiveView(DemoSites sites) {
    this.sites = sites;
  }

  @Override
  public void watch(CompletableFuture<Object> broken, Termination termination) {
    // A line of the log in the middle of the page would ruin it.
    Logs.toFile(sites.directory().resolve("demo.log"));
    try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
      Attributes before = terminal.enterRawMode();
      terminal.puts(Capability.enter_ca_mode);
      terminal.puts(Capability.cursor_invisible);
      try {
        drawUntilEnd(terminal, broken, termination);
      } finally {
        terminal.puts(Capability.cursor_visible);
        terminal.puts(Capability.exit_ca_mode);
        terminal.setAttributes(before);
        terminal.flush();
      }
    } catch (IOException e) {
      throw new FailureException("the terminal cannot be drawn on: " + e.getMessage(), e);
    }
    if (broken.isCompletedExceptionally()) {
      broken.join();
    }
  }

  private void drawUntilEnd(
      Terminal terminal, CompletableFuture<Object> broken, Termination termination)
      throws IOException {
    Rates before = Rates.of(Demo.status(sites), System.nanoTime());
    while (!broken.isDone() && !termination.wished().toCompletableFuture().isDone()) {
      // Reading a key is the pause between two pages.
      int key = terminal.reader().read(REDRAW_MS);
      if (key == 'q' || key == 'Q' || key == 3) {
        return;
      }
      HubStatus hub = Demo.status(sites);
      Rates now = Rates.of(hub, System.nanoTime());
      draw(terminal, page(hub, before, now));
      before = now;
    }
  }

  private static void draw(Terminal terminal, List<String> lines) {
    int width = terminal.getWidth() > 0 ? terminal.getWidth() : 120;
    int height = terminal.getHeight() > 0 ? terminal.getHeight() : 40;
    terminal.puts(Capability.cursor_home);
    for (String line : lines.subList(0, Math.min(lines.size(), height - 1))) {
      terminal.writer().print(line.length() > width ? line.substring(0, width) : line);
      terminal.puts(Capability.clr_eol);
      terminal.writer().print("\r\n");
    }
    terminal.puts(Capability.clr_eos);
    terminal.flush();
  }

  private List<String> page(HubStatus hub, Rates before, Rates now) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Replicator demonstration   source "
            + sites.source().uri()
            + "   copy "
            + sites.copy().uri()
            + "   q ends");
    lines.add(
        "pages    "
            + sites.page("/demo")
            + " (the data, live)   "
            + sites.page("/")
            + " (the hub)");
    lines.add(
        "status   bin/replicator status --http 127.0.0.1:" + sites.hub().httpAddress().getPort());
    lines.add("");
    hub.sources()
        .forEach(
            source ->
                lines.add(
                    "source   "
                        + source.state().name().toLowerCase(Locale.ROOT)
                        + ", "
                        + Units.count(now.perSecond(before, Rates::commands))
                        + " commands/s, offset "
                        + Units.count(source.offset())));
    for (SessionStatus session : hub.sessions()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "session  %s from %s, %s, round trip %.1f ms, window %s, in flight %s",
              session.clientName(),
              session.address(),
              session.state(),
              session.rttMs(),
              Units.bytes(session.windowBytes()),
              Units.bytes(session.inFlightBytes())));
    }
    lines.add("");
    lines.addAll(lanes(hub).lines());
    lines.add("");
    long neverSent = now.mergedBytes();
    long saved = Math.max(0, now.plainBytes() - now.wireBytes());
    lines.add(
        "rate     "
            + Units.count(now.perSecond(before, Rates::records))
            + " records/s, "
            + Units.bytes(now.perSecond(before, Rates::wireBytes))
            + "/s on the wire");
    lines.add(
        "saved    "
            + Units.bytes(neverSent)
            + " by merging ("
            + Units.count(now.merged())
            + " changes superseded), "
            + Units.bytes(saved)
            + " by compression ("
            + Units.ratio(now.plainBytes(), now.wireBytes())
            + ")");
    return lines;
  }

  private static Table lanes(HubStatus hub) {
    var table =
        new Table(
            "LANE",
            ">DB",
            "STATE",
            ">CURSOR",
            ">BEHIND",
            ">LAG",
            ">RECORDS",
            ">MERGED",
            ">RAW",
            ">WIRE",
            ">SMALLER");
    for (SessionStatus session : hub.sessions()) {
      for (LaneStatus lane : session.lanes()) {
        table.row(
            lane.qos().toLowerCase(Locale.ROOT),
            lane.database(),
            lane.state(),
            Units.count(lane.cursor()),
            Units.count(lane.lagVersions()),
            Units.time(Duration.ofMillis(lane.lagMs())),
            Units.count(lane.records()),
            Units.count(lane.changesMerged()),
            Units.bytes(lane.plainBytes()),
            Units.bytes(lane.wireBytes()),
            Units.ratio(lane.plainBytes(), lane.wireBytes()));
      }
    }
    return table;
  }
}
