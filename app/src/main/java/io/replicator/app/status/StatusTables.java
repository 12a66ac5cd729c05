package io.replicator.app.status;

import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.actors.hub.LaneTotals;
import io.replicator.actors.hub.SessionTotals;
import io.replicator.app.text.Table;
import io.replicator.app.text.Units;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A hub's status as tables for people. */
public final class StatusTables {
  private static final int SUBSCRIPTIONS_SHOWN = 4;

  private StatusTables() {}

  /** All of it: hub, sources, databases, sessions and their lanes. */
  public static String of(HubStatus hub, long nowMs) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            "hub %s on %s, up %s, epoch %s",
            hub.hubId(), hub.address(), age(hub.startedAtMs(), nowMs), hub.epoch()));
    section(lines, "SOURCES", sources(hub), hub.sources().isEmpty());
    unsupported(hub).forEach(lines::add);
    section(lines, "DATABASES", databases(hub), hub.databases().isEmpty());
    section(lines, heading(hub), sessions(hub, nowMs), hub.sessions().isEmpty());
    if (!hub.totals().lanes().isEmpty()) {
      section(lines, "LANES of all sessions", lanes(hub.totals()), false);
      lines.add(rates(hub.totals()));
    }
    return String.join("\n", lines) + "\n";
  }

  static Table sources(HubStatus hub) {
    var table =
        new Table("ADDRESS", "STATE", ">OFFSET", ">SPOOL", ">COMMANDS", ">KEYS LOADED", "DETAIL");
    for (SourceStatus source : hub.sources()) {
      table.row(
          source.address(),
          word(source.state().name()),
          Units.count(source.offset()),
          Units.bytes(source.spoolBytes()),
          Units.count(source.commands()),
          Units.count(source.loadedKeys()),
          source.detail());
    }
    return table;
  }

  /** What was not captured must not be overlooked: a line of its own each. */
  private static List<String> unsupported(HubStatus hub) {
    Map<String, Long> byKind = new TreeMap<>();
    hub.sources()
        .forEach(source -> source.unsupported().forEach((k, n) -> byKind.merge(k, n, Long::sum)));
    return byKind.entrySet().stream()
        .map(entry -> "not captured: " + Units.count(entry.getValue()) + " × " + entry.getKey())
        .toList();
  }

  static Table databases(HubStatus hub) {
    var table =
        new Table(
            "NAME", "QOS", "ORIGIN", ">KEYS", ">SIZE", ">HEAD", ">HORIZON", ">TOMBSTONES", "STATE");
    for (DatabaseStatus database : hub.databases()) {
      table.row(
          database.name(),
          word(database.qos()),
          database.origin(),
          Units.count(database.keys()),
          Units.bytes(database.bytes()),
          Units.count(database.head()),
          Units.count(database.horizon()),
          Units.count(database.tombstones()),
          database.loading() ? "loading" : "current");
    }
    return table;
  }

  /** In the order of the hub's answer: those that fall behind come first there, and are marked. */
  static Table sessions(HubStatus hub, long nowMs) {
    var table =
        new Table(
            "",
            ">ID",
            "CLIENT",
            "ADDRESS",
            "VIA",
            "STATE",
            ">LAG",
            ">BEHIND",
            "SUBSCRIPTIONS",
            ">NOT SENT",
            ">COMPRESSED",
            ">RTT",
            ">WINDOW",
            ">IN FLIGHT",
            ">FOR");
    for (SessionStatus session : hub.sessions()) {
      table.row(
          session.fallsBehind() ? "!" : "",
          Long.toString(session.id()),
          session.clientName(),
          session.address(),
          session.transport(),
          session.state(),
          Units.time(Duration.ofMillis(session.lagMs())),
          Units.count(session.lagVersions()),
          subscriptions(session),
          Units.bytes(session.lanes().stream().mapToLong(LaneStatus::mergedBytes).sum()),
          Units.bytes(session.lanes().stream().mapToLong(StatusTables::compressed).sum()),
          String.format(Locale.ROOT, "%.1f ms", session.rttMs()),
          Units.bytes(session.windowBytes()),
          Units.bytes(session.inFlightBytes()),
          age(session.connectedAtMs(), nowMs));
    }
    return table;
  }

  private static long compressed(LaneStatus lane) {
    return Math.max(0, lane.plainBytes() - lane.blockBytes());
  }

  /** {@code 5:quote:* 0}: short enough for a line. */
  private static String subscriptions(SessionStatus session) {
    List<String> words = new ArrayList<>();
    for (LaneStatus lane : session.lanes()) {
      if (lane.patterns().isEmpty()) {
        words.add(lane.database());
      }
      lane.patterns().forEach(pattern -> words.add(lane.database() + ":" + pattern));
    }
    int more = words.size() - SUBSCRIPTIONS_SHOWN + session.laneCount() - session.lanes().size();
    String shown = words.stream().limit(SUBSCRIPTIONS_SHOWN).collect(Collectors.joining(" "));
    return more > 0 ? shown + " +" + more : shown;
  }

  /** All sessions together, so also those that are not shown one by one. */
  static Table lanes(SessionTotals totals) {
    var table =
        new Table(
            "DB",
            "QOS",
            ">LANES",
            "STATES",
            ">LAG P50",
            ">LAG P99",
            ">LAG MAX",
            ">BEHIND",
            ">RECORDS",
            ">MERGED",
            ">NOT SENT",
            ">RAW",
            ">BLOCKS",
            ">WIRE",
            ">SMALLER");
    for (LaneTotals lane : totals.lanes()) {
      table.row(
          lane.database(),
          word(lane.qos()),
          Units.count(lane.lanes()),
          counts(lane.states()),
          Units.time(Duration.ofMillis(lane.lagMsP50())),
          Units.time(Duration.ofMillis(lane.lagMsP99())),
          Units.time(Duration.ofMillis(lane.lagMsMax())),
          Units.count(lane.lagVersionsMax()),
          Units.count(lane.records()),
          Units.count(lane.changesMerged()),
          Units.bytes(lane.mergedBytes()),
          Units.bytes(lane.plainBytes()),
          Units.bytes(lane.blockBytes()),
          Units.bytes(lane.wireBytes()),
          Units.ratio(lane.plainBytes(), lane.wireBytes()));
    }
    return table;
  }

  private static String rates(SessionTotals totals) {
    return String.format(
        Locale.ROOT,
        "%s records/s, %s/s on the wire, %s in flight",
        Units.count(totals.recordsPerSecond()),
        Units.bytes(totals.wireBytesPerSecond()),
        Units.bytes(totals.inFlightBytes()));
  }

  private static String heading(HubStatus hub) {
    SessionTotals totals = hub.totals();
    String states = totals.sessions() == 0 ? "" : " (" + counts(totals.states()) + ")";
    String shown =
        hub.sessions().size() == totals.sessions()
            ? ""
            : ", "
                + Units.count(hub.sessions().size())
                + " shown"
                + (hub.sessionsFound() == totals.sessions()
                    ? ""
                    : " of " + Units.count(hub.sessionsFound()) + " found");
    return "SESSIONS " + Units.count(totals.sessions()) + states + shown;
  }

  private static String counts(Map<String, Long> states) {
    return states.entrySet().stream()
        .map(entry -> Units.count(entry.getValue()) + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }

  private static void section(List<String> lines, String title, Table table, boolean empty) {
    lines.add("");
    lines.add(title);
    if (empty) {
      lines.add("none");
    } else {
      lines.addAll(table.lines());
    }
  }

  private static String age(long sinceMs, long nowMs) {
    return Units.time(Duration.ofMillis(Math.max(0, nowMs - sinceMs)));
  }

  private static String word(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
