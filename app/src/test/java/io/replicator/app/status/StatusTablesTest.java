package io.replicator.app.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.actors.hub.HubStatus;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.actors.hub.LaneTotals;
import io.replicator.actors.hub.SessionTotals;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.LinkedHashMap;
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
            NAME  QOS       ORIGIN    KEYS     SIZE   HEAD  HORIZON  TOMBSTONES  STATE
            5     realtime  captured   120  34.6 kB  4,567       12           3  current
            0     idle      embedded     0      0 B      0        0           0  loading

            SESSIONS 10,002 (1 behind, 10,001 live), 2 shown
               ID  CLIENT  ADDRESS        VIA        STATE     LAG  BEHIND  SUBSCRIPTIONS   NOT SENT  COMPRESSED      RTT   WINDOW  IN FLIGHT         FOR
            !   7  paris   10.0.0.2:4444  tcp        behind  3.2 s      67  5:quote:* 5:b*   50.0 kB     80.0 kB  80.4 ms  65.5 kB    1.02 kB  1 h 01 min
                9  tab     10.0.0.3:4444  websocket  live     0 ms       0  0                    0 B         0 B  80.4 ms  65.5 kB    1.02 kB  1 h 01 min

            LANES of all sessions
            DB  QOS       LANES  STATES                  LAG P50  LAG P99  LAG MAX  BEHIND  RECORDS  MERGED  NOT SENT     RAW   BLOCKS     WIRE  SMALLER
            5   realtime     81  1 catching-up, 80 live     4 ms     9 ms    3.2 s      67    1,000     500   50.0 kB  100 kB  20.0 kB  21.0 kB     4.8×
            12 records/s, 340 B/s on the wire, 5.00 kB in flight
            """);
  }

  @Test
  void shouldSayThatThereIsNone() {
    HubStatus empty =
        new HubStatus("h", "e", ":1", 0, 0, List.of(), List.of(), List.of(), 0, SessionTotals.NONE);

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
            "realtime",
            List.of("quote:*", "b*"),
            "catching-up",
            4_500,
            4_567,
            67,
            3_200,
            1_000,
            500,
            50_000,
            100_000,
            20_000,
            21_000);
    var idle = new LaneStatus("0", "idle", List.of(), "live", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    var totals =
        new SessionTotals(
            10_002,
            20_000,
            states("behind", 1, "live", 10_001),
            Map.of(),
            5_000,
            1_000,
            500,
            50_000,
            100_000,
            20_000,
            21_000,
            12,
            340,
            List.of(
                new LaneTotals(
                    "5",
                    "realtime",
                    81,
                    states("catching-up", 1, "live", 80),
                    67,
                    4,
                    9,
                    3_200,
                    1_000,
                    500,
                    50_000,
                    100_000,
                    20_000,
                    21_000)));
    return new HubStatus(
        "hub-1",
        "e1",
        "0.0.0.0:3333",
        STARTED_MS,
        STARTED_MS + 1,
        List.of(source),
        List.of(
            new DatabaseStatus("5", "REALTIME", "captured", 120, 4_567, 12, 3, 34_567, false),
            new DatabaseStatus("0", "IDLE", "embedded", 0, 0, 0, 0, 0, true)),
        List.of(
            session(7, "paris", "tcp", "10.0.0.2:4444", "behind", lane),
            session(9, "tab", "websocket", "10.0.0.3:4444", "live", idle)),
        10_002,
        totals);
  }

  private static SessionStatus session(
      long id, String client, String transport, String address, String state, LaneStatus lane) {
    return new SessionStatus(
        id,
        client,
        transport,
        address,
        state,
        STARTED_MS + 60_000,
        65_536,
        1_024,
        80.4,
        12_500_000,
        1,
        List.of(lane));
  }

  private static Map<String, Long> states(String first, long one, String second, long other) {
    Map<String, Long> states = new LinkedHashMap<>();
    states.put(first, one);
    states.put(second, other);
    return states;
  }
}
