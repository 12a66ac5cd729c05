package io.replicator.app.status;

import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
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
    section(lines, "SESSIONS", sessions(hub, nowMs), hub.sessions().isEmpty());
    if (!hub.sessions().isEmpty()) {
      section(lines, "LANES", lanes(hub), false);
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
        new Table("NAME", "QOS", ">KEYS", ">SIZE", ">HEAD", ">HORIZON", ">TOMBSTONES", "STATE");
    for (DatabaseStatus database : hub.databases()) {
      table.row(
          database.name(),
          word(database.qos()),
          Units.count(database.keys()),
          Units.bytes(database.bytes()),
          Units.count(database.head()),
          Units.count(database.horizon()),
          Units.count(database.tombstones()),
          database.loading() ? "loading" : "current");
    }
    return table;
  }

  static Table sessions(HubStatus hub, long nowMs) {
    var table =
        new Table(
            ">ID", "CLIENT", "ADDRESS", "STATE", ">FOR", ">RTT", ">WINDOW", ">IN FLIGHT", ">RATE");
    for (SessionStatus session : hub.sessions()) {
      table.row(
          Long.toString(session.id()),
          session.clientName(),
          session.address(),
          session.state(),
          age(session.connectedAtMs(), nowMs),
          String.format(Locale.ROOT, "%.1f ms", session.rttMs()),
          Units.bytes(session.windowBytes()),
          Units.bytes(session.inFlightBytes()),
          Units.bytes(session.deliveryBytesPerSecond()) + "/s");
    }
    return table;
  }

  /**
   * The bytes of each lane on their way out: MERGED never sent, because a later change superseded
   * it; RAW to send; BLOCKS after compression; WIRE with frames.
   */
  public static Table lanes(HubStatus hub) {
    var table =
        new Table(
            ">SESSION",
            "DB",
            "QOS",
            "KEYS",
            "STATE",
            ">CURSOR",
            ">HEAD",
            ">BEHIND",
            ">LAG",
            ">RECORDS",
            ">MERGED",
            ">MERGED AWAY",
            ">RAW",
            ">BLOCKS",
            ">WIRE",
            ">SMALLER");
    for (SessionStatus session : hub.sessions()) {
      for (LaneStatus lane : session.lanes()) {
        table.row(
            Long.toString(session.id()),
            lane.database(),
            word(lane.qos()),
            lane.patterns().isEmpty()
                ? "*"
                : lane.patterns().stream().collect(Collectors.joining(" ")),
            lane.state(),
            Units.count(lane.cursor()),
            Units.count(lane.head()),
            Units.count(lane.lagVersions()),
            Units.time(Duration.ofMillis(lane.lagMs())),
            Units.count(lane.records()),
            Units.count(lane.changesMerged()),
            Units.bytes(lane.mergedBytes()),
            Units.bytes(lane.plainBytes()),
            Units.bytes(lane.blockBytes()),
            Units.bytes(lane.wireBytes()),
            Units.ratio(lane.plainBytes(), lane.wireBytes()));
      }
    }
    return table;
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
