package io.replicator.app.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatusTablesTest {
  private static final long STARTED_MS = 1_000_000;

  @Test
  void shouldShowEverythingThatAHubTells() {
    String text = StatusTables.of(hub(), STARTED_MS + 3_723_000);

    assertThat(text)
        .isEqualTo(
            """
            hub hub-1 on 0.0.0.0:3333, up 1 h 02 min, epoch e1

            SOURCES
            ADDRESS         STATE      OFFSET    SPOOL  COMMANDS  KEYS LOADED  DETAIL
            127.0.0.1:6379  streaming  12,345  1.50 kB       678        9,000  fine
            not captured: 2 × value over the limit

            DATABASES
            NAME  QOS       KEYS     SIZE   HEAD  HORIZON  TOMBSTONES  STATE
            5     realtime   120  34.6 kB  4,567       12           3  current
            0     idle         0      0 B      0        0           0  loading

            SESSIONS
            ID  CLIENT  ADDRESS        STATE         FOR      RTT   WINDOW  IN FLIGHT       RATE
             7  paris   10.0.0.2:4444  live   1 h 01 min  80.4 ms  65.5 kB    1.02 kB  12.5 MB/s

            LANES
            SESSION  DB  QOS       KEYS        STATE        CURSOR   HEAD  BEHIND    LAG  RECORDS  MERGED  MERGED AWAY     RAW   BLOCKS     WIRE  SMALLER
                  7  5   realtime  quote:* b*  catching-up   4,500  4,567      67  20 ms    1,000     500      50.0 kB  100 kB  20.0 kB  21.0 kB     4.8×
            """);
  }

  @Test
  void shouldSayThatThereIsNone() {
    HubStatus empty = new HubStatus("h", "e", ":1", 0, List.of(), List.of(), List.of());

    assertThat(StatusTables.of(empty, 5).lines().filter("none"::equals)).hasSize(3);
  }

  static HubStatus hub() {
    var source =
        new SourceStatus(
            "redis:x",
            "127.0.0.1:6379",
            SourceStatus.State.STREAMING,
            12_345,
            1_500,
            678,
            9_000,
            Map.of("value over the limit", 2L),
            "fine");
    var lane =
        new LaneStatus(
            "5",
            "REALTIME",
            List.of("quote:*", "b*"),
            "catching-up",
            4_500,
            4_567,
            67,
            20,
            1_000,
            500,
            50_000,
            100_000,
            20_000,
            21_000);
    return new HubStatus(
        "hub-1",
        "e1",
        "0.0.0.0:3333",
        STARTED_MS,
        List.of(source),
        List.of(
            new DatabaseStatus("5", "REALTIME", 120, 4_567, 12, 3, 34_567, false),
            new DatabaseStatus("0", "IDLE", 0, 0, 0, 0, 0, true)),
        List.of(
            new SessionStatus(
                7,
                "paris",
                "10.0.0.2:4444",
                "live",
                STARTED_MS + 60_000,
                65_536,
                1_024,
                80.4,
                12_500_000,
                List.of(lane))));
  }
}
