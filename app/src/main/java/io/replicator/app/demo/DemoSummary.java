package io.replicator.app.demo;

import io.replicator.actors.hub.HubStatus;
import io.replicator.app.text.Table;
import io.replicator.app.text.Units;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.verify.Comparison;
import java.util.List;
import java.util.Locale;

/** What the demonstration showed, as a table. */
record DemoSummary(
    long keys,
    double loadSeconds,
    Traffic.Result traffic,
    String catchUp,
    HubStatus hub,
    Comparison comparison) {

  String text() {
    List<LaneStatus> lanes =
        hub.sessions().stream().flatMap(session -> session.lanes().stream()).toList();
    long records = lanes.stream().mapToLong(LaneStatus::records).sum();
    long merged = lanes.stream().mapToLong(LaneStatus::changesMerged).sum();
    long mergedBytes = lanes.stream().mapToLong(LaneStatus::mergedBytes).sum();
    long plain = lanes.stream().mapToLong(LaneStatus::plainBytes).sum();
    long blocks = lanes.stream().mapToLong(LaneStatus::blockBytes).sum();
    long wire = lanes.stream().mapToLong(LaneStatus::wireBytes).sum();
    var table = new Table("", "");
    table.row(
        "initial load",
        String.format(
            Locale.ROOT,
            "%s keys in %.2f s, %s keys/s",
            Units.count(keys),
            loadSeconds,
            Units.count(Math.round(keys / loadSeconds))));
    table.row(
        "updates",
        String.format(
            Locale.ROOT,
            "%s commands in %.1f s, %s/s",
            Units.count(traffic.commands()),
            traffic.seconds(),
            Units.count(Math.round(traffic.commands() / traffic.seconds()))));
    table.row(
        "lag",
        String.format(
            Locale.ROOT,
            "p50 %.1f ms, p99 %.1f ms from source to copy (%d probes)",
            traffic.lagP50Ms(),
            traffic.lagP99Ms(),
            traffic.probes()));
    table.row("caught up", catchUp + " after the last write");
    table.row(
        "records",
        String.format(
            Locale.ROOT,
            "%s sent; %s changes (%s) never sent, superseded by later ones",
            Units.count(records),
            Units.count(merged),
            Units.bytes(mergedBytes)));
    table.row(
        "bytes",
        String.format(
            Locale.ROOT,
            "%s raw, %s on the wire: %s smaller (blocks %s)",
            Units.bytes(plain),
            Units.bytes(wire),
            Units.ratio(plain, wire),
            Units.bytes(blocks)));
    table.row(
        "equality",
        comparison.equal()
            ? String.format(
                Locale.ROOT,
                "PROVED: %s keys, type, value and expiry",
                Units.count(comparison.keys()))
            : String.format(
                Locale.ROOT,
                "REFUTED: %s of %s keys differ",
                Units.count(comparison.differences()),
                Units.count(comparison.keys())));
    var text = new StringBuilder("\n");
    table.lines().stream().skip(1).forEach(line -> text.append(line).append('\n'));
    comparison.examples().forEach(difference -> text.append("  ").append(difference).append('\n'));
    return text.toString();
  }
}
