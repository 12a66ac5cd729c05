package io.replicator.app.status;

import io.replicator.actors.client.ClientStatus;
import io.replicator.actors.client.ClientStatus.FeedStatus;
import io.replicator.app.client.ClientReport;
import io.replicator.app.text.Table;
import io.replicator.app.text.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A client's report as people read it. */
public final class ClientTables {
  private ClientTables() {}

  public static String of(ClientReport report) {
    ClientStatus client = report.client();
    List<String> lines = new ArrayList<>();
    lines.add(
        client.state()
            + ": "
            + client.hub()
            + " into "
            + client.sink()
            + (client.detail().isEmpty() ? "" : " (" + client.detail() + ")"));
    lines.add("");
    var feeds =
        new Table("DB", "QOS", "STATE", ">LAG", ">VERSION", ">HEAD", ">RECORDS", ">RECEIVED");
    for (FeedStatus feed : client.feeds()) {
      feeds.row(
          feed.database(),
          feed.qos(),
          feed.state(),
          Units.time(Duration.ofMillis(feed.lagMs())),
          Units.count(feed.version()),
          Units.count(feed.head()),
          Units.count(feed.records()),
          Units.bytes(feed.receivedBytes()));
    }
    lines.addAll(feeds.lines());
    if (!report.sink().isEmpty()) {
      lines.add("");
      var sink = new Table("SINK", ">");
      report
          .sink()
          .forEach(
              (name, value) ->
                  sink.row(
                      name.replaceFirst("^replicator\\.", ""), Units.count(Math.round(value))));
      lines.addAll(sink.lines());
    }
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }
}
